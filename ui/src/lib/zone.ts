// How far the clocks of a zone are from UTC. All numbers are milliseconds.

/** Local time, UTC, or the IANA name of a place, as `Europe/Berlin`, whose clocks are shown. */
export type Zone = 'local' | 'utc' | (string & {});

const MINUTE_MS = 60_000;

/** The moments that a date can be. */
const LAST_MS = 8.64e15;

/** A zone's clock as digits, by name; null for a name that this browser does not know. */
const clocks = new Map<string, Intl.DateTimeFormat | null>();

function clockOf(name: string): Intl.DateTimeFormat | null {
  const known = clocks.get(name);
  if (known !== undefined) return known;
  let made: Intl.DateTimeFormat | null = null;
  try {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    // Not a zone: local time is shown.
  }
  clocks.set(name, made);
  return made;
}

/** Whether a name is that of a zone. */
export function isZone(name: string): boolean {
  return name === 'local' || name === 'utc' || clockOf(name) !== null;
}

/** By how much a zone's clocks are ahead of UTC at a moment. */
export function offsetAt(ms: number, where: Zone): number {
  if (where === 'utc') return 0;
  if (!(Math.abs(ms) <= LAST_MS)) return Number.NaN;
  const clock = where === 'local' ? null : clockOf(where);
  if (!clock) return -new Date(ms).getTimezoneOffset() * MINUTE_MS;
  const parts = Object.fromEntries(clock.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/** What a zone's clocks show at a moment, as if it were UTC. */
export function toClock(ms: number, where: Zone): number {
  return ms + offsetAt(ms, where);
}

/** The moment at which a zone's clocks show this; of the hour that a change of clocks leaves out, an hour later. */
export function fromClock(clockMs: number, where: Zone): number {
  const guess = clockMs - offsetAt(clockMs, where);
  return clockMs - offsetAt(guess, where);
}
