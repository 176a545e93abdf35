// Many values to one: what legends, stats and `reduce` offer, by Grafana's names.
import { numberOf, type Field, type Value } from '../data/frame';

interface Calc {
  name: string;
  of: (numbers: readonly number[], field: Field) => Value;
}

const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0);
const mean = (list: readonly number[]): number | null => (list.length > 0 ? sum(list) / list.length : null);
const least = (list: readonly number[]): number | null =>
  list.length > 0 ? list.reduce((a, b) => Math.min(a, b)) : null;
const most = (list: readonly number[]): number | null =>
  list.length > 0 ? list.reduce((a, b) => Math.max(a, b)) : null;

function variance(list: readonly number[]): number | null {
  const middle = mean(list);
  return middle === null ? null : sum(list.map((value) => (value - middle) ** 2)) / list.length;
}

function quantile(list: readonly number[], at: number): number | null {
  if (list.length === 0) return null;
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? null;
}

function differences(list: readonly number[]): number[] {
  return list.slice(1).map((value, i) => value - (list[i] ?? value));
}

const isNothing = (value: Value): boolean => value === null || (typeof value === 'number' && Number.isNaN(value));

const CALCS: Readonly<Record<string, Calc>> = {
  lastNotNull: { name: 'Last *', of: (_, { values }) => values.findLast((value) => !isNothing(value)) ?? null },
  last: { name: 'Last', of: (_, { values }) => values.at(-1) ?? null },
  firstNotNull: { name: 'First *', of: (_, { values }) => values.find((value) => !isNothing(value)) ?? null },
  first: { name: 'First', of: (_, { values }) => values[0] ?? null },
  min: { name: 'Min', of: least },
  max: { name: 'Max', of: most },
  mean: { name: 'Mean', of: mean },
  median: { name: 'Median', of: (list) => quantile(list, 0.5) },
  sum: { name: 'Total', of: (list) => (list.length > 0 ? sum(list) : null) },
  count: { name: 'Count', of: (_, { values }) => values.length },
  range: { name: 'Range', of: (list) => (list.length > 0 ? (most(list) ?? 0) - (least(list) ?? 0) : null) },
  // Counters that start anew add what they had reached.
  delta: { name: 'Delta', of: (list) => sum(differences(list).map((by, i) => (by < 0 ? (list[i + 1] ?? 0) : by))) },
  step: {
    name: 'Step',
    of: (list) =>
      least(
        differences(list)
          .map(Math.abs)
          .filter((by) => by > 0),
      ),
  },
  diff: { name: 'Difference', of: (list) => (list.length > 0 ? (list.at(-1) ?? 0) - (list[0] ?? 0) : null) },
  diffperc: {
    name: 'Difference percent',
    of: (list) => (list.length > 0 && list[0] ? ((list.at(-1) ?? 0) - list[0]) / list[0] : null),
  },
  logmin: { name: 'Min (above zero)', of: (list) => least(list.filter((value) => value > 0)) },
  allIsZero: { name: 'All zeros', of: (list) => list.length > 0 && list.every((value) => value === 0) },
  allIsNull: { name: 'All nulls', of: (_, { values }) => values.every(isNothing) },
  changeCount: {
    name: 'Change count',
    of: (_, { values }) => values.slice(1).filter((value, i) => value !== values[i]).length,
  },
  distinctCount: { name: 'Distinct count', of: (_, { values }) => new Set(values).size },
  uniqueValues: { name: 'All unique values', of: (_, { values }) => [...new Set(values)].join(', ') },
  allValues: { name: 'All values', of: (_, { values }) => values.join(', ') },
  variance: { name: 'Variance', of: variance },
  stdDev: { name: 'StdDev', of: (list) => (variance(list) === null ? null : Math.sqrt(variance(list) ?? 0)) },
};

/** Older documents' words. */
const OLDER: Readonly<Record<string, string>> = { avg: 'mean', current: 'last', total: 'sum', '50th': 'median' };

function find(id: string): Calc | undefined {
  const known = CALCS[id] ?? CALCS[OLDER[id] ?? ''];
  if (known) return known;
  const percent = /^p(\d\d?)$/.exec(id)?.[1];
  return percent ? { name: `${percent}th %`, of: (list) => quantile(list, Number(percent) / 100) } : undefined;
}

/** The value; null where there is none, or no such calculation. */
export function calculate(id: string, field: Field): Value {
  const calc = find(id) ?? CALCS['lastNotNull'];
  if (!calc) return null;
  const numbers =
    id.startsWith('last') || id.startsWith('first')
      ? []
      : field.values.map(numberOf).filter((value) => !Number.isNaN(value));
  return calc.of(numbers, field);
}

/** What people call it. */
export function calcName(id: string): string {
  return find(id)?.name ?? id;
}
