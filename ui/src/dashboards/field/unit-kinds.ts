// The ways a number is written with its unit. Each takes the number and the decimals asked for
// (undefined: as many as three digits take).
import { formatTime, type Zone } from '../../lib/time';

/** A value's text in parts, so that a stat can write the unit smaller. */
export interface Written {
  prefix?: string;
  text: string;
  suffix?: string;
}

export type Writer = (value: number, decimals: number | undefined, zone: Zone) => Written;

/** Fixed decimals; without a number of them, three digits in all and none for whole numbers. */
export function toFixed(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞';
  if (decimals === undefined && Math.abs(value) >= 1e21) return value.toExponential(2);
  const text = value.toFixed(Math.min(20, decimals ?? autoDecimals(value)));
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Decimals that leave three digits. */
function autoDecimals(value: number): number {
  if (value === 0 || Number.isInteger(value)) return 0;
  return Math.max(0, Math.min(20, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

/** The number and a constant behind it. */
export function fixed(suffix: string): Writer {
  return (value, decimals) => ({ text: toFixed(value, decimals), suffix: suffix && ` ${suffix}` });
}

function scaled(
  factor: number,
  names: readonly string[],
  value: number,
  decimals: number | undefined,
  at: number,
): Written {
  let [size, place] = [value, at];
  while (Math.abs(size) >= factor && place < names.length - 1) {
    size /= factor;
    place += 1;
  }
  // 999.9996 is written 1000, which is the next one's 1.
  if (
    decimals !== undefined &&
    Math.abs(Number(size.toFixed(Math.min(20, decimals)))) >= factor &&
    place < names.length - 1
  ) {
    size /= factor;
    place += 1;
  }
  return { text: toFixed(size, decimals), suffix: names[place] ?? '' };
}

const SI = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const SI_ONE = 5;
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const SHORT = ['', ' K', ' Mil', ' Bil', ' Tri', ' Quadr', ' Quint', ' Sext', ' Sept'];
const COUNT = ['', 'K', 'M', 'B', 'T'];

/** What cannot be halved has no smaller prefixes. */
const WHOLE = new Set(['B', 'b', 'B/s', 'b/s', 'p/s']);

/** Decimal prefixes, from `offset` thousands on; smaller ones only for units that have them. */
export function si(unit: string, offset = 0): Writer {
  const names = SI.map((prefix) => ` ${prefix}${unit}`);
  return (value, decimals) => {
    let [size, place] = [value, SI_ONE + offset];
    while (size !== 0 && Math.abs(size) < 1 && place > (WHOLE.has(unit) ? SI_ONE : 0)) {
      size *= 1000;
      place -= 1;
    }
    return scaled(1000, names, size, decimals, place);
  };
}

/** Prefixes of 1024. */
export function binary(unit: string, offset = 0): Writer {
  const names = BINARY.map((prefix) => ` ${prefix}${unit}`);
  return (value, decimals) => scaled(1024, names, value, decimals, offset);
}

/** Thousands in words. */
export const short: Writer = (value, decimals) => scaled(1000, SHORT, value, decimals, 0);

/** Thousands in letters, and what is counted. */
export function count(unit: string): Writer {
  return (value, decimals) => {
    const { text, suffix } = scaled(1000, COUNT, value, decimals, 0);
    return { text, suffix: `${suffix ?? ''} ${unit}` };
  };
}

/** A sign in front, or behind. */
export function currency(symbol: string, behind = false): Writer {
  return (value, decimals) => {
    const { text, suffix } = scaled(1000, COUNT, Math.abs(value), decimals, 0);
    const sign = value < 0 ? '-' : '';
    return behind
      ? { text: sign + text, suffix: `${suffix ?? ''} ${symbol}` }
      : { prefix: sign + symbol, text, suffix: suffix ?? '' };
  };
}

/** A share of 1 or of 100. */
export function percent(factor: number): Writer {
  return (value, decimals) => ({ text: toFixed(value * factor, decimals), suffix: '%' });
}

/** Spans of time, each in seconds, with the word for one. */
const SPANS: readonly (readonly [seconds: number, word: string])[] = [
  [1e-9, 'ns'],
  [1e-6, 'µs'],
  [1e-3, 'ms'],
  [1, 's'],
  [60, 'min'],
  [3600, 'hour'],
  [86_400, 'day'],
  [604_800, 'week'],
  [31_536_000, 'year'],
];

/** A span in its largest unit; `unit` is how many seconds the number counts. */
export function span(unit: number): Writer {
  return (value, decimals) => {
    const seconds = value * unit;
    if (seconds === 0) return { text: '0', suffix: ` ${SPANS.find(([size]) => size === unit)?.[1] ?? 's'}` };
    const [size, word] = SPANS.findLast(([size]) => Math.abs(seconds) >= size * 0.999_999_9) ?? [1e-9, 'ns'];
    const text = toFixed(Number((seconds / size).toPrecision(12)), decimals);
    return { text, suffix: size >= 60 && text !== '1' ? ` ${word}s` : ` ${word}` };
  };
}

const PARTS: readonly (readonly [seconds: number, word: string])[] = [
  [31_536_000, 'year'],
  [2_628_000, 'month'],
  [604_800, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
  [1e-3, 'millisecond'],
];

/** A span in words, in as many units as there are decimals and one more. */
export function words(unit: number): Writer {
  return (value, decimals = 0) => {
    if (value === 0) return { text: `0 ${unit === 1 ? 'second' : 'millisecond'}s` };
    if (value < 0) return { text: `${words(unit)(-value, decimals, 'utc').text} ago` };
    let rest = value * unit;
    let left = decimals + 1;
    const texts: string[] = [];
    for (const [size, word] of PARTS) {
      const many = Math.floor(rest / size + 1e-9);
      if (many === 0 && texts.length === 0) continue;
      if (left-- <= 0) break;
      rest -= many * size;
      if (many > 0) texts.push(`${many} ${word}${many === 1 ? '' : 's'}`);
    }
    return { text: texts.join(', ') || toFixed(rest) };
  };
}

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');

/** `hh:mm:ss`, with days in front where `days`. */
export function clock(unit: number, days: boolean): Writer {
  return (value) => {
    const seconds = Math.abs(value) * unit;
    const hours = days ? (seconds / 3600) % 24 : seconds / 3600;
    const day = days && seconds >= 86_400 ? `${Math.floor(seconds / 86_400)} d ` : '';
    return { text: `${value < 0 ? '-' : ''}${day}${two(hours)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}` };
  };
}

/** A moment in milliseconds. */
export function moment(today: boolean, usual: string): Writer {
  return (value, _decimals, zone) => {
    const text = formatTime(value, zone);
    if (text === 'unknown') return { text };
    const now = formatTime(Date.now(), zone);
    const shown =
      today && now.slice(0, 10) === text.slice(0, 10) ? text.slice(11) : usual === 'us' ? american(text) : text;
    return { text: shown };
  };
}

function american(text: string): string {
  return `${text.slice(5, 7)}/${text.slice(8, 10)}/${text.slice(0, 4)} ${text.slice(11)}`;
}

/** How long ago, or from now. */
export const fromNow: Writer = (value) => {
  const ms = Date.now() - value;
  const { text, suffix } = span(1)(Math.abs(ms) / 1000, 0, 'utc');
  return { text: ms >= 0 ? `${text}${suffix ?? ''} ago` : `in ${text}${suffix ?? ''}` };
};

/** One word for nothing and one for anything else. */
export function yesNo(yes: string, no: string): Writer {
  return (value) => ({ text: value === 0 ? no : yes });
}
