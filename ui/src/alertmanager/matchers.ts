// Matchers as people type them: `severity="page"`, `instance=~"db.*"`.
import type { ApiMatcher } from '../api/alertmanager';
import { quote, type Labels } from '../lib/labels';

export type Operator = '=' | '!=' | '=~' | '!~';

export const OPERATORS: readonly Operator[] = ['=', '!=', '=~', '!~'];

export interface Matcher {
  name: string;
  operator: Operator;
  value: string;
}

const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The matcher as the API writes it. */
export function toApi({ name, operator, value }: Matcher): ApiMatcher {
  return { name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') };
}

/** The matcher of an answer. */
export function fromApi({ name, value, isRegex, isEqual = true }: ApiMatcher): Matcher {
  const operator = isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!=';
  return { name, operator, value };
}

/** `name="value"`. */
export function formatMatcher({ name, operator, value }: Matcher): string {
  return `${PLAIN_NAME.test(name) ? name : quote(name)}${operator}${quote(value)}`;
}

/** `{a="b", c=~"d"}`. */
export function formatMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(formatMatcher).join(', ')}}`;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[^\s=!~,{}"]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,{}"]*?)\s*(?:,|$)/y;

/** Reads one or more matchers, in braces or not; undefined where the text is none. */
export function parseMatchers(text: string): Matcher[] | undefined {
  const inner = text.trim().replace(/^\{/, '').replace(/\}$/, '').trim();
  if (inner === '') return [];
  const found: Matcher[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < inner.length) {
    const match = TOKEN.exec(inner);
    if (!match) return undefined;
    const [name, value] = [unquote(match[1] ?? ''), unquote(match[3] ?? '')];
    if (name === undefined || value === undefined) return undefined;
    found.push({ name, operator: match[2] as Operator, value });
  }
  return found;
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** Whether a silence with these matchers would hold for the labels; a wrong regex holds for none. */
export function holds(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every(({ name, operator, value }) => {
    const actual = labels[name] ?? '';
    switch (operator) {
      case '=':
        return actual === value;
      case '!=':
        return actual !== value;
      default:
        return (operator === '=~') === fits(value, actual);
    }
  });
}

function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 's').test(text);
  } catch {
    return false;
  }
}

/** The query string of the page that makes a silence for an alert with these labels. */
export function silenceAddress(labels: Labels): string {
  const matchers = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, operator: '=' as const, value }));
  return new URLSearchParams({ filter: formatMatchers(matchers) }).toString();
}
