// The order of targets within a job: trouble first, then as the server lists them.
import type { ActiveTarget, HealthWord } from '../api/types';

const WEIGHT: Record<HealthWord, number> = { down: 0, unknown: 1, up: 2 };

/** A sorted copy. */
export function rank(targets: readonly ActiveTarget[]): ActiveTarget[] {
  return targets.toSorted((a, b) => WEIGHT[a.health] - WEIGHT[b.health]);
}
