// Filters that are added to every query: `label|operator|value`, as Grafana's addresses write them.
import { quote } from '../../lib/labels';

export interface AdhocFilter {
  label: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;

/** Reads one value of the variable. */
export function parseFilter(text: string): AdhocFilter | null {
  const [label = '', sign = '', ...rest] = text.split('|');
  const operator = OPERATORS.find((known) => known === sign);
  return label && operator ? { label, operator, value: rest.join('|').replaceAll('__gfp__', '|') } : null;
}

/** Writes one value of the variable. */
export function formatFilter({ label, operator, value }: AdhocFilter): string {
  return [label, operator, value.replaceAll('|', '__gfp__')].join('|');
}

/** Words of PromQL that are no metric's name where a name may stand. */
const WORDS = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'offset',
  'and',
  'or',
  'unless',
  'inf',
  'nan',
  'start',
  'end',
  'atan2',
]);

/** The query with the filters in each of its selectors. */
export function addFilters(expr: string, filters: readonly AdhocFilter[]): string {
  if (filters.length === 0) return expr;
  const added = filters.map(({ label, operator, value }) => `${label}${operator}${quote(value)}`).join(',');
  let out = '';
  let place = 0;
  // Labels in the parentheses of `by (…)` are names too, and no selectors.
  let grouping = false;
  const token = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*|\{|\[[^\]]*\]|\)|\$?[a-zA-Z_:][\w:]*|\d[\w.]*/g;
  for (let match = token.exec(expr); match; match = token.exec(expr)) {
    const text = match[0];
    out += expr.slice(place, match.index);
    place = match.index + text.length;
    const next = /^\s*(\S?)/.exec(expr.slice(place))?.[1] ?? '';
    const word = text.toLowerCase();
    if (text === '{') {
      const empty = next === '}';
      out += empty ? `{${added}` : `{${added},`;
      const close = closing(expr, place);
      out += expr.slice(place, close);
      place = close;
      token.lastIndex = close;
    } else if (text === ')') {
      grouping = false;
      out += text;
    } else if (/^(by|without|on|ignoring|group_left|group_right)$/.test(word)) {
      grouping = next === '(';
      out += text;
    } else if (
      /^[a-zA-Z_:]/.test(text) &&
      !grouping &&
      next !== '(' &&
      next !== '{' &&
      !WORDS.has(word) &&
      !isAggregation(expr, place)
    ) {
      out += `${text}{${added}}`;
    } else {
      out += text;
    }
  }
  return out + expr.slice(place);
}

/** `sum by (job) (…)`: a name that grouping words follow is no metric. */
function isAggregation(expr: string, place: number): boolean {
  return /^\s*(by|without)\s*\(/i.test(expr.slice(place));
}

function closing(expr: string, from: number): number {
  const inner = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\}/g;
  inner.lastIndex = from;
  for (let match = inner.exec(expr); match; match = inner.exec(expr)) {
    if (match[0] === '}') return match.index;
  }
  return expr.length;
}
