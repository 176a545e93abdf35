// What discovery found, by job: targets that are scraped first, then those that were dropped.
import type { TargetsData } from '../api/types';
import type { Labels } from '../lib/labels';

export interface Found {
  discovered: Labels;
  /** Undefined where relabelling dropped the target. */
  labels: Labels | undefined;
}

export interface Pool {
  name: string;
  active: number;
  /** How many were dropped; the server may keep fewer. */
  dropped: number;
  targets: Found[];
}

/** The jobs in alphabetical order. */
export function found(data: TargetsData | undefined): Pool[] {
  const pools = new Map<string, Pool>();
  const pool = (name: string): Pool => {
    const known = pools.get(name) ?? { name, active: 0, dropped: 0, targets: [] };
    pools.set(name, known);
    return known;
  };
  for (const target of data?.activeTargets ?? []) {
    const into = pool(target.scrapePool);
    into.active += 1;
    into.targets.push({ discovered: target.discoveredLabels, labels: target.labels });
  }
  for (const target of data?.droppedTargets ?? []) {
    const into = pool(target.scrapePool ?? target.discoveredLabels['job'] ?? 'unknown job');
    into.dropped += 1;
    into.targets.push({ discovered: target.discoveredLabels, labels: undefined });
  }
  for (const [name, count] of Object.entries(data?.droppedTargetCounts ?? {})) {
    if (count > 0) pool(name).dropped = count;
  }
  return [...pools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
