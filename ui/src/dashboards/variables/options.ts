// From what a variable's query found to what there is to choose from.
import type { Variable, VariableOption, VariableSort } from '../model';

/** More options than this are cut, with a note: nobody scrolls through them, everybody searches. */
export const MAX_OPTIONS = 5000;

/** `/pattern/flags`, or the pattern alone; null where it cannot be read. */
export function parsePattern(text: string): RegExp | null {
  const whole = /^\/(.*)\/([a-z]*)$/s.exec(text);
  try {
    return whole ? new RegExp(whole[1] ?? '', (whole[2] ?? '').replace('g', '')) : new RegExp(`^(?:${text})$`);
  } catch {
    return null;
  }
}

/** Options of values as they were found: filtered and cut by the variable's pattern, once each, sorted. */
export function makeOptions(found: readonly string[], variable: Pick<Variable, 'regex' | 'sort'>): VariableOption[] {
  const pattern = variable.regex === '' ? null : parsePattern(variable.regex);
  const options = new Map<string, VariableOption>();
  for (const given of found) {
    const option = pattern ? cut(given, pattern) : { text: given, value: given };
    if (option && !options.has(option.value)) options.set(option.value, option);
  }
  return sortOptions([...options.values()], variable.sort);
}

function cut(given: string, pattern: RegExp): VariableOption | null {
  const match = pattern.exec(given);
  if (!match) return null;
  const { text, value } = match.groups ?? {};
  if (text !== undefined || value !== undefined) {
    return { text: text ?? value ?? given, value: value ?? text ?? given };
  }
  const first = match.slice(1).find((group) => group !== undefined) ?? given;
  return { text: first, value: first };
}

const plain = new Intl.Collator('en', { sensitivity: 'variant' });
const caseless = new Intl.Collator('en', { sensitivity: 'base' });
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const ORDERS: Readonly<Record<string, (a: string, b: string) => number>> = {
  alphabetical: (a, b) => plain.compare(a, b),
  'alphabetical-ci': (a, b) => caseless.compare(a, b),
  natural: (a, b) => natural.compare(a, b),
  numerical: (a, b) => leadingNumber(a) - leadingNumber(b),
};

/** Sorts as the variable says. */
function sortOptions(options: VariableOption[], sort: VariableSort): VariableOption[] {
  const order = ORDERS[sort.replace(/-(asc|desc)$/, '')];
  if (!order) return options;
  const sign = sort.endsWith('-desc') ? -1 : 1;
  return options.toSorted((a, b) => sign * order(a.text, b.text));
}

function leadingNumber(text: string): number {
  const found = /-?\d+(\.\d+)?/.exec(text)?.[0];
  return found === undefined ? -1 : Number(found);
}
