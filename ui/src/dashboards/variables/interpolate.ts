// Filling `$name`, `${name:format}`, `${name.field}` and `[[name]]` in texts. What nobody knows is left
// as it stands: the server fills `$__interval` and its like itself.
import type { Zone } from '../../lib/time';
import type { Range } from '../time-range';
import { formatChosen, formatDate, type Chosen } from './format';

/** Answers a name of one point, field or row; undefined where it is another's. */
export type Scope = (name: string, path: string, format: string) => string | undefined;

export interface Filling {
  variables: ReadonlyMap<string, Chosen>;
  range: Range;
  zone: Zone;
  dashboard: { uid: string; title: string };
}

const REFERENCE = /\$\{(\w+)((?:\.[^:}[\]]+|\[[^\]}]*\])*)(?::([^}]+))?\}|\[\[(\w+)(?::(\w+))?\]\]|\$(\w+)/g;

/**
 * The text with everything filled that is known; `format` is for names that bring none, `escape` for texts in which what
 * is filled in must mean nothing else.
 */
export function interpolate(
  text: string,
  filling: Filling,
  format = '',
  scope?: Scope,
  escape = (filled: string) => filled,
): string {
  if (!text.includes('$') && !text.includes('[[')) return text;
  return text.replace(REFERENCE, (whole, braced, path, own, squared, squaredOwn, plain) => {
    const name: string = braced ?? squared ?? plain;
    const wanted: string = own ?? squaredOwn ?? format;
    const filled = resolve(name, path ?? '', wanted, own !== undefined, filling, scope);
    return filled === undefined ? whole : escape(filled);
  });
}

function resolve(
  name: string,
  path: string,
  format: string,
  chosen: boolean,
  filling: Filling,
  scope?: Scope,
): string | undefined {
  const scoped = scope?.(name, path, chosen ? format : '');
  if (scoped !== undefined) return scoped;
  const variable = filling.variables.get(name);
  if (variable) return formatChosen(variable, path === '.text' ? 'text' : format);
  return name.startsWith('__') ? builtin(name, path, chosen ? format : '', filling) : undefined;
}

function builtin(name: string, path: string, format: string, filling: Filling): string | undefined {
  const { range, zone, dashboard } = filling;
  switch (name) {
    case '__from':
      return moment(range.fromMs, format, zone);
    case '__to':
      return moment(range.toMs, format, zone);
    case '__dashboard':
      return path === '.uid' ? dashboard.uid : dashboard.title;
    case '__url_time_range':
      return `from=${range.fromMs}&to=${range.toMs}`;
    case '__timezone':
      return zone === 'local' ? 'browser' : zone;
    // Nobody is signed in, and there is one organisation.
    case '__user':
      return path === '.id' ? '0' : '';
    case '__org':
      return path === '.name' ? 'Main Org.' : '1';
    case '__all_variables':
      return [...filling.variables.values()].map((chosen) => formatChosen(chosen, 'queryparam')).join('&');
    default:
      return undefined;
  }
}

function moment(ms: number, format: string, zone: Zone): string {
  if (!format.startsWith('date')) return String(ms);
  return formatDate(ms, format.slice(5), zone);
}

/** Names that a text refers to. */
export function references(text: string): Set<string> {
  const found = new Set<string>();
  for (const match of text.matchAll(REFERENCE)) found.add(match[1] ?? match[4] ?? match[6] ?? '');
  return found;
}

/** Duration variables that the server fills, filled here where a text does not go to the server as a query. */
export function fillSpan(text: string, { fromMs, toMs }: Range): string {
  const seconds = Math.max(1, Math.round((toMs - fromMs) / 1000));
  return text
    .replace(/\$__range_ms|\$\{__range_ms\}/g, String(seconds * 1000))
    .replace(/\$__range_s|\$\{__range_s\}/g, String(seconds))
    .replace(/\$__range\b|\$\{__range\}/g, `${seconds}s`);
}
