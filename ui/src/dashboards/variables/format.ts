// How the values of a variable are written into a text: `${name:format}`.
import { formatTime, type Zone } from '../../lib/time';

/** What a variable stands for now. */
export interface Chosen {
  name: string;
  /** Empty: nothing chosen. */
  values: readonly string[];
  /** The same as people read them. */
  texts: readonly string[];
  /** Whether several values are possible, which makes the value of a query a pattern. */
  pattern: boolean;
  /** The variable's own text for "All", taken as it is. */
  all: string | null;
}

/** Writes a variable as `format` says; without a format, as queries want it. */
export function formatChosen(chosen: Chosen, format: string): string {
  const { values, texts } = chosen;
  const [kind, argument] = splitFormat(format);
  if (kind === 'text') return texts.join(' + ');
  if (kind === 'queryparam') {
    const list = chosen.all !== null ? ['$__all'] : values;
    return list.map((value) => `var-${encodeURIComponent(chosen.name)}=${encodeURIComponent(value)}`).join('&');
  }
  if (chosen.all !== null) return kind === 'percentencode' ? strictEncode(chosen.all) : chosen.all;
  switch (kind) {
    case 'raw':
    case 'csv':
      return values.join(',');
    case 'pipe':
      return values.join('|');
    case 'regex':
      return alternation(values.map(escapePattern));
    case 'json':
      return JSON.stringify(values.length === 1 ? values[0] : values);
    case 'doublequote':
      return values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(',');
    case 'singlequote':
      return values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(',');
    case 'sqlstring':
      return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',');
    case 'glob':
      return values.length === 1 ? (values[0] ?? '') : `{${values.join(',')}}`;
    case 'lucene':
      return lucene(values);
    case 'percentencode':
      return strictEncode(values.length === 1 ? (values[0] ?? '') : `{${values.join(',')}}`);
    case 'distributed':
      return values.map((value, i) => (i === 0 ? value : `${chosen.name}=${value}`)).join(',');
    case 'date':
      return values.map((value) => formatDate(Number(value), argument, 'utc')).join(',');
    default:
      return forQuery(chosen);
  }
}

/** In a PromQL string: one value as it is where only one is possible, else a pattern. */
function forQuery({ values, pattern }: Chosen): string {
  if (!pattern) return values.map(escapeString).join(',');
  return alternation(values.map((value) => escapeString(escapePattern(value))));
}

function alternation(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `(${values.join('|')})`;
}

function escapeString(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&');
}

function lucene(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`);
  const only = values[0] ?? '';
  return values.length === 1 ? only.replace(/[+\-=&|><!(){}[\]^"~*?:\\/ ]/g, '\\$&') : `(${quoted.join(' OR ')})`;
}

function strictEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `date:YYYY-MM` holds a format of its own behind the colon. */
function splitFormat(format: string): [kind: string, argument: string] {
  const colon = format.indexOf(':');
  return colon < 0 ? [format, ''] : [format.slice(0, colon), format.slice(colon + 1)];
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** A moment as `iso` (where nothing is said), `seconds`, or a pattern of YYYY, MMM, DD, ddd, HH, hh, A, mm, ss, SSS. */
export function formatDate(ms: number, pattern: string, zone: Zone): string {
  if (pattern === 'seconds') return String(Math.floor(ms / 1000));
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return '';
  if (pattern === '' || pattern === 'iso') return date.toISOString();
  const text = formatTime(ms, zone);
  const [month, day, hour] = [text.slice(5, 7), text.slice(8, 10), text.slice(11, 13)];
  const half = String(Number(hour) % 12 || 12);
  const parts: Readonly<Record<string, string>> = {
    YYYY: text.slice(0, 4),
    YY: text.slice(2, 4),
    MMM: MONTHS[Number(month) - 1] ?? '',
    MM: month,
    M: String(Number(month)),
    ddd: DAYS[new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDay()] ?? '',
    DD: day,
    D: String(Number(day)),
    HH: hour,
    H: String(Number(hour)),
    hh: half.padStart(2, '0'),
    h: half,
    A: Number(hour) < 12 ? 'AM' : 'PM',
    a: Number(hour) < 12 ? 'am' : 'pm',
    mm: text.slice(14, 16),
    SSS: String(date.getUTCMilliseconds()).padStart(3, '0'),
    ss: text.slice(17, 19),
  };
  return pattern.replace(/YYYY|YY|MMM|MM?|ddd|DD?|HH?|hh?|A|a|mm|SSS|ss/g, (part) => parts[part] ?? part);
}
