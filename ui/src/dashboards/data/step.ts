// The step of a range query: as many points as a panel has room for, on a round number.
import { parseDuration } from '../../lib/duration';

/** Up to which exact step (milliseconds) which round one is taken; as Grafana rounds. */
const ROUND: readonly (readonly [below: number, step: number])[] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
  [32_400_000, 21_600_000],
  [86_400_000, 43_200_000],
  [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000],
  [3_628_800_000, 2_592_000_000],
];
const YEAR_MS = 31_536_000_000;

/** Smallest step asked for where nothing is said, milliseconds: nobody scrapes more often. */
const LEAST_MS = 1000;

/** A round step near an exact one, milliseconds. */
export function roundStep(exactMs: number): number {
  return ROUND.find(([below]) => exactMs < below)?.[1] ?? YEAR_MS;
}

/** The step for a range in a number of points, at least `leastMs`. */
export function stepFor(rangeMs: number, points: number, leastMs: number | null): number {
  return Math.max(roundStep(rangeMs / Math.max(1, points)), leastMs ?? LEAST_MS);
}

/** A least step as documents write it: `30s`, `>30s`, or nothing. */
export function parseLeast(text: string): number | null {
  return parseDuration(text.trim().replace(/^>=?\s*/, ''));
}
