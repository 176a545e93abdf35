// From histograms over time, native or of buckets with a label `le`, to rows that all of them share.
import type { HistogramValue, MatrixSeries } from '../api/types';
import { formatSeries, type Labels } from '../lib/labels';
import { parseNumber } from '../lib/number';

export interface Bounds {
  lower: number;
  upper: number;
}

/** What fell between two bounds. */
export interface Bucket extends Bounds {
  count: number;
}

/** The buckets of histograms that are added up, on one set of rows. */
export interface Buckets {
  /** Milliseconds, rising. */
  times: number[];
  /** From the lowest; only those that something could fall into. */
  rows: Bounds[];
  /** By row, then by time. */
  counts: number[][];
  /** How many histograms were added up, and how many were too many. */
  histograms: number;
  left: number;
}

/** The buckets of a native histogram, from the lowest. */
export function nativeBuckets({ buckets = [] }: HistogramValue): Bucket[] {
  return buckets.map(([, lower, upper, count]) => ({
    lower: parseNumber(lower),
    upper: parseNumber(upper),
    count: parseNumber(count),
  }));
}

/** Buckets added up at most: a browser does so many without a pause that is felt. */
const MOST_BUCKETS = 500_000;

/** All buckets of an answer; null where nothing in it is a histogram. `most` bounds the rows. */
export function toBuckets(series: readonly MatrixSeries[], most: number): Buckets | null {
  const native = series.filter(({ histograms }) => histograms && histograms.length > 0);
  const all = [
    ...native.map(({ histograms = [] }) => () => histograms.map(([time, value]) => [time, nativeBuckets(value)] as const)),
    ...byHistogram(series).map((one) => () => [...one].map(([time, cumulative]) => [time, apart(cumulative)] as const)),
  ];
  const moments = new Map<number, Bucket[]>();
  let [histograms, sum] = [0, 0];
  for (const one of all) {
    if (sum >= MOST_BUCKETS) break;
    histograms++;
    for (const [time, buckets] of one()) {
      const ms = Math.round(time * 1000);
      const there = moments.get(ms) ?? [];
      there.push(...buckets);
      moments.set(ms, there);
      sum += buckets.length;
    }
  }
  if (histograms === 0) return null;
  const times = [...moments.keys()].sort((a, b) => a - b);
  const rows = rowsOf([...moments.values()].flat(), most);
  const counts = rows.map(() => times.map(() => 0));
  const first = remembered((lower) => rows.findIndex((row) => row.upper > lower));
  const last = remembered((upper) => rows.findLastIndex((row) => row.lower < upper));
  times.forEach((time, column) => {
    for (const { lower, upper, count } of moments.get(time) ?? []) {
      // A coarse bucket covers several fine rows: how its count lies in them nobody knows, so each has its part.
      const [from, to] = [first(lower), last(upper)];
      for (let row = from; row <= to && row >= 0; row++) {
        const cells = counts[row];
        if (cells) cells[column] = (cells[column] ?? 0) + count / (to - from + 1);
      }
    }
  });
  return { times, rows, counts, histograms, left: all.length - histograms };
}

/** The function, asked once for each bound. */
function remembered(find: (bound: number) => number): (bound: number) => number {
  const known = new Map<number, number>();
  return (bound) => {
    const row = known.get(bound) ?? find(bound);
    known.set(bound, row);
    return row;
  };
}

/** Of each classic histogram, by time: upper bounds with what is at or below them. */
function byHistogram(series: readonly MatrixSeries[]): Map<number, [bound: number, below: number][]>[] {
  const found = new Map<string, Map<number, [number, number][]>>();
  for (const { metric, values = [] } of series) {
    const { le, ...others } = metric as Labels & { le?: string };
    const bound = le === undefined ? Number.NaN : parseNumber(le);
    if (Number.isNaN(bound)) continue;
    const key = formatSeries(others);
    const histogram = found.get(key) ?? new Map<number, [number, number][]>();
    found.set(key, histogram);
    for (const [time, value] of values) {
      const below = histogram.get(time) ?? [];
      below.push([bound, parseNumber(value)]);
      histogram.set(time, below);
    }
  }
  // One bound alone tells nothing of how values lie.
  return [...found.values()].filter((times) => [...times.values()].some(({ length }) => length > 1));
}

/** What fell into each bucket alone. */
function apart(cumulative: [bound: number, below: number][]): Bucket[] {
  const sorted = cumulative.filter(([, below]) => Number.isFinite(below)).sort(([a], [b]) => a - b);
  return sorted.map(([upper, below], i) => {
    const [lower, before] = sorted[i - 1] ?? [upper > 0 ? 0 : Number.NEGATIVE_INFINITY, 0];
    return { lower, upper, count: Math.max(0, below - before) };
  });
}

/** Bounds of all buckets as rows next to each other; neighbours become one until there are few enough. */
function rowsOf(buckets: readonly Bucket[], most: number): Bounds[] {
  const spans = new Map(buckets.map(({ lower, upper }) => [`${lower} ${upper}`, { lower, upper }]));
  const bounds = [...new Set([...spans.values()].flatMap(({ lower, upper }) => [lower, upper]))].sort((a, b) => a - b);
  let rows = bounds
    .slice(1)
    .map((upper, i) => ({ lower: bounds[i] ?? upper, upper }))
    .filter((row) => [...spans.values()].some(({ lower, upper }) => lower < row.upper && upper > row.lower));
  while (rows.length > most) {
    rows = rows.flatMap((row, i) => (i % 2 === 1 ? [] : [{ lower: row.lower, upper: rows[i + 1]?.upper ?? row.upper }]));
  }
  return rows;
}

/** In which row a value lies, with the part of the row below it; -1 below all, the number of rows above all. */
export function rowAt(rows: readonly Bounds[], value: number): number {
  const row = rows.findIndex(({ upper }) => value <= upper);
  const { lower, upper } = rows[row] ?? { lower: 0, upper: 0 };
  if (row < 0) return rows.length;
  if (value < lower) return row - (row === 0 ? 1 : 0);
  return row + (Number.isFinite(upper - lower) ? (value - lower) / (upper - lower) : 0.5);
}

/** Whether it is the bucket of zero, which reaches a hair to both sides. */
export function isZero({ lower, upper }: Bounds): boolean {
  return lower === -upper && upper < 1e-9;
}

/** Bounds as text: `0.1 – 0.25`. */
export function boundsText(bounds: Bounds, write: (bound: number) => string): string {
  const { lower, upper } = bounds;
  if (lower === Number.NEGATIVE_INFINITY) return `up to ${write(upper)}`;
  if (upper === Number.POSITIVE_INFINITY) return `above ${write(lower)}`;
  if (isZero(bounds)) return 'zero';
  return `${write(lower)} – ${write(upper)}`;
}
