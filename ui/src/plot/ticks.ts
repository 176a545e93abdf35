// Round numbers and moments for axes.
import { formatTime, type Zone } from '../lib/time';
import { offsetAt } from '../lib/zone';

/** Steps between moments that people call round. */
export const MOMENT_STEPS: readonly number[] = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
  10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 1_209_600_000, 2_592_000_000, 7_776_000_000,
  31_536_000_000,
];

export interface Tick {
  at: number;
  text: string;
}

/** Moments on round times, about one for each `room` pixels. */
export function momentTicks(fromMs: number, toMs: number, width: number, zone: Zone, room = 90): Tick[] {
  const most = Math.max(1, Math.floor(width / room));
  const step = MOMENT_STEPS.find((size) => (toMs - fromMs) / size <= most) ?? 31_536_000_000;
  const offset = -offsetAt(fromMs, zone);
  const ticks: Tick[] = [];
  for (let at = Math.ceil((fromMs - offset) / step) * step + offset; at <= toMs; at += step) {
    ticks.push({ at, text: momentText(at, step, zone) });
  }
  return ticks;
}

/** A moment, as much of it as a step needs. */
export function momentText(ms: number, stepMs: number, zone: Zone): string {
  const text = formatTime(ms, zone);
  if (stepMs >= 86_400_000) return text.slice(5, 10);
  const clock = stepMs < 60_000 ? text.slice(11) : text.slice(11, 16);
  return clock === '00:00' ? text.slice(5, 10) : clock;
}

/** Round numbers from low to high, about `most` of them. */
export function numberTicks(low: number, high: number, most: number): number[] {
  const exact = (high - low) / Math.max(1, most);
  if (!(exact > 0) || !Number.isFinite(exact)) return [low];
  const size = 10 ** Math.floor(Math.log10(exact));
  const step = size * ([1, 2, 2.5, 5, 10].find((by) => by * size >= exact) ?? 10);
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step)
    ticks.push(Number(at.toPrecision(12)));
  return ticks;
}
