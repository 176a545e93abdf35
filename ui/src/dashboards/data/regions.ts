// Regions of time that come again each day or week, as older graphs mark them: working hours, weekends.
import type { Range } from '../time-range';
import type { Mark } from './marks';

/** A region as documents write it: days from 1, a Monday, to 7; times in UTC as `08:30`. */
export interface TimeRegion {
  from?: unknown;
  to?: unknown;
  fromDayOfWeek?: unknown;
  toDayOfWeek?: unknown;
  colorMode?: unknown;
  fillColor?: unknown;
  lineColor?: unknown;
  fill?: unknown;
  line?: unknown;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Days before the range in which a region may begin that reaches into it. */
const BEFORE_DAYS = 7;

/** Marks of one region at most: more are a picture of nothing. */
const MAX_MARKS = 200;

/** The stretches of a range that the regions cover. */
export function regionMarks(regions: readonly TimeRegion[], range: Range): Mark[] {
  return regions.flatMap((region) => stretches(region, range));
}

function stretches(region: TimeRegion, { fromMs, toMs }: Range): Mark[] {
  const [fromDay, toDay] = [dayOf(region.fromDayOfWeek), dayOf(region.toDayOfWeek)];
  const [start, end] = [minutesOf(region.from), minutesOf(region.to)];
  if (fromDay === null && toDay === null && start === null && end === null) return [];
  const first = fromDay ?? toDay;
  const last = toDay ?? fromDay;
  const days = first === null || last === null ? 0 : (last - first + 7) % 7;
  const marks: Mark[] = [];
  let day = Math.floor(fromMs / DAY_MS) - BEFORE_DAYS;
  for (; day * DAY_MS <= toMs && marks.length < MAX_MARKS; day++) {
    // The first day of the epoch was a Thursday.
    if (first !== null && ((day + 3) % 7) + 1 !== first) continue;
    const from = day * DAY_MS + (start ?? 0) * MINUTE_MS;
    let to = (day + days) * DAY_MS + (end ?? (start === null || days > 0 ? 24 * 60 : start)) * MINUTE_MS;
    // From the evening to the morning.
    if (to < from) to += first === null ? DAY_MS : 7 * DAY_MS;
    if (to < fromMs || from > toMs) continue;
    marks.push({ ...lookOf(region), fromMs: from, toMs: to });
  }
  return marks;
}

function lookOf(region: TimeRegion): Pick<Mark, 'name' | 'text' | 'color' | 'quiet'> {
  const mode = String(region.colorMode ?? 'background6');
  const own = region.fill === false ? region.lineColor : (region.fillColor ?? region.lineColor);
  const color = mode === 'custom' ? String(own ?? 'gray') : mode.startsWith('background') ? 'gray' : mode;
  return { name: 'Time region', text: '', color, quiet: true };
}

function dayOf(value: unknown): number | null {
  const day = Number(value);
  return Number.isInteger(day) && day >= 1 && day <= 7 ? day : null;
}

function minutesOf(value: unknown): number | null {
  const found = /^(\d{1,2}):(\d{2})/.exec(String(value ?? ''));
  if (found) return Math.min(24 * 60, Number(found[1]) * 60 + Number(found[2]));
  // Hours alone are a time, too.
  return /^\d{1,2}$/.test(String(value ?? '')) ? Math.min(24, Number(value)) * 60 : null;
}
