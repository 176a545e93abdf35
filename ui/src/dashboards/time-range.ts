// The span of time a dashboard shows: `now-6h`, `now/d`, ISO 8601, or milliseconds as Grafana's
// addresses carry them. All numbers are milliseconds.
import { formatTime, type Zone } from '../lib/time';
import { fromClock, toClock } from '../lib/zone';

/** What an address or a document says. */
export interface RawRange {
  from: string;
  to: string;
}

/** The same at one moment. */
export interface Range {
  fromMs: number;
  toMs: number;
}

/** Spans that can be picked without typing. */
export const QUICK_RANGES: readonly (readonly [from: string, name: string])[] = [
  ['now-5m', 'Last 5 minutes'],
  ['now-15m', 'Last 15 minutes'],
  ['now-30m', 'Last 30 minutes'],
  ['now-1h', 'Last hour'],
  ['now-3h', 'Last 3 hours'],
  ['now-6h', 'Last 6 hours'],
  ['now-12h', 'Last 12 hours'],
  ['now-24h', 'Last 24 hours'],
  ['now-2d', 'Last 2 days'],
  ['now-7d', 'Last 7 days'],
  ['now-30d', 'Last 30 days'],
  ['now-90d', 'Last 90 days'],
  ['now-1y', 'Last year'],
];

const UNIT_WORDS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  M: 'month',
  Q: 'quarter',
  y: 'year',
};

/** Reads one end of a range; `end` rounds `/d` up rather than down. Null where it says nothing. */
export function parseMoment(text: string, nowMs: number, zone: Zone, end: boolean): number | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith('now')) return parseFixed(trimmed, zone);
  const date = new Date(nowMs);
  let rest = trimmed.slice(3);
  while (rest !== '') {
    const part = /^(?:([+-])(\d*)|(\/))(f?[smhdwMQy])/.exec(rest);
    if (!part) return null;
    const unit = (part[4] ?? '').replace('f', '');
    if (part[3]) roundTo(date, unit, zone, end);
    else add(date, unit, (part[1] === '-' ? -1 : 1) * Number(part[2] || 1), zone);
    rest = rest.slice(part[0].length);
  }
  return date.getTime();
}

function parseFixed(text: string, zone: Zone): number | null {
  if (/^\d{9,10}$/.test(text)) return Number(text) * 1000;
  if (/^\d{11,}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d/.test(text)) return null;
  const dated = text.replace(' ', 'T');
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(dated);
  const full = /T/.test(dated) ? dated : `${dated}T00:00:00`;
  const ms = Date.parse(zoned ? full : `${full}Z`);
  if (Number.isNaN(ms)) return null;
  return zoned ? ms : fromClock(ms, zone);
}

const SIZES: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Days and longer are counted on the zone's calendar, whatever its clocks do in between. */
function add(date: Date, unit: string, count: number, zone: Zone): void {
  const size = SIZES[unit];
  const months = { M: 1, Q: 3, y: 12 }[unit];
  if (months === undefined && unit !== 'd' && unit !== 'w') {
    date.setTime(date.getTime() + count * (size ?? 0));
    return;
  }
  const clock = new Date(toClock(date.getTime(), zone));
  if (months !== undefined) addMonths(clock, months * count);
  else clock.setTime(clock.getTime() + count * (size ?? 0));
  date.setTime(fromClock(clock.getTime(), zone));
}

/** The same day of another month, or its last one: a month before the 31st of March is the end of February. */
function addMonths(clock: Date, months: number): void {
  const day = clock.getUTCDate();
  clock.setUTCMonth(clock.getUTCMonth() + months, 1);
  const last = new Date(Date.UTC(clock.getUTCFullYear(), clock.getUTCMonth() + 1, 0)).getUTCDate();
  clock.setUTCDate(Math.min(day, last));
}

function roundTo(date: Date, unit: string, zone: Zone, end: boolean): void {
  floorTo(date, unit, zone);
  if (!end) return;
  add(date, unit, 1, zone);
  date.setTime(date.getTime() - 1);
}

function floorTo(date: Date, unit: string, zone: Zone): void {
  const clock = new Date(toClock(date.getTime(), zone));
  const [year, month] = [clock.getUTCFullYear(), clock.getUTCMonth()];
  const size = unit === 'w' ? undefined : SIZES[unit];
  let floor: number;
  if (size !== undefined) floor = Math.floor(clock.getTime() / size) * size;
  else if (unit === 'w') {
    const midnight = Math.floor(clock.getTime() / 86_400_000) * 86_400_000;
    floor = midnight - ((clock.getUTCDay() + 6) % 7) * 86_400_000;
  } else {
    floor = Date.UTC(year, unit === 'y' ? 0 : unit === 'Q' ? Math.floor(month / 3) * 3 : month, 1);
  }
  date.setTime(fromClock(floor, zone));
}

/** A range at a moment; what cannot be read is the last six hours. */
export function resolveRange(raw: RawRange, nowMs: number, zone: Zone): Range {
  const toMs = parseMoment(raw.to, nowMs, zone, true) ?? nowMs;
  const fromMs = parseMoment(raw.from, nowMs, zone, false) ?? toMs - 6 * 3_600_000;
  return fromMs < toMs ? { fromMs, toMs } : { fromMs: toMs - 60_000, toMs };
}

/** Whether the range moves with the clock. */
export function isRelative({ to }: RawRange): boolean {
  return to.trim().startsWith('now');
}

/** A range in words. */
export function describeRange(raw: RawRange, zone: Zone): string {
  const quick = QUICK_RANGES.find(([from]) => from === raw.from && raw.to === 'now');
  if (quick) return quick[1];
  const last = /^now-(\d+)([smhdwMy])$/.exec(raw.from);
  if (last && raw.to === 'now') {
    const count = Number(last[1]);
    return `Last ${count} ${UNIT_WORDS[last[2] ?? ''] ?? ''}${count === 1 ? '' : 's'}`;
  }
  return `${describeMoment(raw.from, zone)} to ${describeMoment(raw.to, zone)}`;
}

function describeMoment(text: string, zone: Zone): string {
  const fixed = parseFixed(text.trim(), zone);
  return fixed === null ? text : formatTime(fixed, zone);
}

/** The range as much later as it is wide times `by`; fixed at both ends. */
export function shiftRange({ fromMs, toMs }: Range, by: number): RawRange {
  const move = Math.round((toMs - fromMs) * by);
  return { from: String(fromMs + move), to: String(toMs + move) };
}

/** Twice as wide around the same middle. */
export function widenRange({ fromMs, toMs }: Range): RawRange {
  const half = Math.round((toMs - fromMs) / 2);
  return { from: String(fromMs - half), to: String(toMs + half) };
}
