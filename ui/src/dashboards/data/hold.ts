// What was answered before is kept: a refresh asks for new steps only, and they are put behind the
// old ones.
import type { MatrixSeries, QueryResult } from '../../api/types';
import { formatSeries } from '../../lib/labels';
import type { Exemplar } from '../../plot/exemplars';

/** The answer of a range query, as it is held. */
export interface Held {
  /** What was asked, without its time. */
  key: string;
  startMs: number;
  endMs: number;
  stepMs: number;
  expr: string;
  data: QueryResult;
  exemplars: readonly Exemplar[];
}

/** Steps at the end that are asked for anew: their samples may not have been there yet. */
const AGAIN = 2;

/** Where a refresh begins to ask; null where everything is asked anew. */
export function resumeAt(held: Held | undefined, key: string, fromMs: number, toMs: number): number | null {
  if (held?.key !== key || held.data.resultType !== 'matrix' || held.stepMs <= 0) return null;
  const again = held.endMs - AGAIN * held.stepMs;
  // Another span, or one that has moved away from what is held.
  if (fromMs < held.startMs || fromMs >= again || toMs < held.endMs) return null;
  return again;
}

/** The held answer with a newer one behind it, from `fromMs` on. */
export function joinHeld(held: Held, newer: QueryResult, againMs: number, fromMs: number): QueryResult {
  if (held.data.resultType !== 'matrix' || newer.resultType !== 'matrix') return newer;
  const series = new Map<string, MatrixSeries>();
  const inside = <P extends readonly [number, unknown]>(list: readonly P[]) =>
    list.filter(([time]) => time * 1000 >= fromMs - held.stepMs && time * 1000 < againMs - 0.5);
  for (const { metric, values, histograms } of held.data.result)
    series.set(formatSeries(metric), {
      metric,
      ...(values && { values: inside(values) }),
      ...(histograms && { histograms: inside(histograms) }),
    });
  for (const { metric, values, histograms } of newer.result) {
    const key = formatSeries(metric);
    const before = series.get(key);
    series.set(key, {
      metric,
      ...joined('values', before?.values, values),
      ...joined('histograms', before?.histograms, histograms),
    });
  }
  const result = [...series.values()].filter(({ values, histograms }) => (values ?? histograms ?? []).length > 0);
  return { resultType: 'matrix', result };
}

/** A part of a series, behind what was held of it; nothing where neither has it. */
function joined<K extends string, P>(name: K, before: P[] | undefined, newer: P[] | undefined): { [key in K]?: P[] } {
  return before || newer ? ({ [name]: [...(before ?? []), ...(newer ?? [])] } as { [key in K]: P[] }) : {};
}

/** Exemplars that are held, with newer ones behind them. */
export function joinExemplars(held: Held, newer: readonly Exemplar[], againMs: number, fromMs: number): Exemplar[] {
  return [...held.exemplars.filter(({ timeMs }) => timeMs >= fromMs && timeMs < againMs), ...newer];
}
