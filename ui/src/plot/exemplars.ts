// Exemplars: single events behind a series, as points of a graph.
import type { Labels } from '../lib/labels';
import { parseNumber } from '../lib/number';

/** What `query_exemplars` answers: of each series, its exemplars. */
export type ExemplarAnswer = readonly {
  seriesLabels: Labels;
  /** Timestamps are seconds. */
  exemplars: readonly { labels: Labels; value: string; timestamp: number }[];
}[];

export interface Exemplar {
  series: Labels;
  labels: Labels;
  value: number;
  timeMs: number;
}

/** Every exemplar that can be drawn, from the oldest. */
export function toExemplars(answer: ExemplarAnswer): Exemplar[] {
  return answer
    .flatMap(({ seriesLabels: series, exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        series,
        labels,
        value: parseNumber(value),
        timeMs: timestamp * 1000,
      })),
    )
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => a.timeMs - b.timeMs);
}

/** Marks drawn without thinning them out. */
const FEW = 150;

/** Stretches of time that marks are thinned out in, and marks in each at most. */
const STRETCHES = 50;
const MOST = 4;

/** Values nearer than this to one that is kept, in standard deviations of all, say the same. */
const APART = 2;

/** Few enough to be told apart: of each stretch of time the highest, and those that lie well below the last one kept. */
export function thinOut(exemplars: readonly Exemplar[], fromMs: number, toMs: number): Exemplar[] {
  const inside = exemplars.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs);
  if (inside.length <= FEW) return inside;
  const near = APART * deviation(inside.map(({ value }) => value));
  const stretches = new Map<number, Exemplar[]>();
  for (const one of inside) {
    const at = Math.min(STRETCHES - 1, Math.floor(((one.timeMs - fromMs) / (toMs - fromMs)) * STRETCHES));
    const there = stretches.get(at) ?? [];
    there.push(one);
    stretches.set(at, there);
  }
  return [...stretches.values()].flatMap((stretch) => {
    const kept: Exemplar[] = [];
    for (const one of stretch.sort((a, b) => b.value - a.value)) {
      const last = kept.at(-1);
      if (kept.length < MOST && (!last || last.value - one.value >= near)) kept.push(one);
    }
    return kept.reverse();
  });
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Whether a label names a trace, so that people want to take it elsewhere. */
export function isTrace(label: string): boolean {
  return /^(trace|span)_?id$/i.test(label);
}
