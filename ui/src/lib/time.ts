// Moments as people read and type them, in UTC or local time. All numbers are milliseconds.
import { createKeptStore } from './store';
import { fromClock, offsetAt, toClock, type Zone } from './zone';

export type { Zone };

/** The zone in which every page shows times. */
export const zone = createKeptStore<'local' | 'utc'>(
  'argand.zone',
  (text) => (text === 'utc' ? 'utc' : 'local'),
  (value) => value,
);

const two = (n: number): string => String(n).padStart(2, '0');

/** `2026-03-01 12:30:05` in the zone. */
export function formatTime(ms: number, where: Zone): string {
  const clock = new Date(toClock(ms, where));
  return Number.isNaN(clock.getTime()) ? 'unknown' : clock.toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-03-01 12:30:05 UTC`, or with the offset of local time. */
export function formatTimeWithZone(ms: number, where: Zone): string {
  if (where === 'utc') return `${formatTime(ms, where)} UTC`;
  const minutes = Math.round(offsetAt(ms, where) / 60_000);
  const size = Math.abs(minutes);
  const offset = `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${formatTime(ms, where)} ${offset}`;
}

/** Reads what `formatTime` writes, with seconds or the time left out; also RFC 3339 and Unix seconds. */
export function parseTime(text: string, where: Zone): number | null {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  const plain = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?$/.exec(trimmed);
  const iso = plain
    ? `${plain[1]}T${plain[2] ?? '00:00'}Z`
    : trimmed;
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return null;
  return plain ? fromClock(ms, where) : ms;
}
