// Marks on the time axis: what a document's annotation queries find.
import { useEffect, useState } from 'preact/hooks';
import type { Annotation } from '../model';
import type { Filling } from '../variables/interpolate';
import { interpolate } from '../variables/interpolate';
import { askBatch } from './batch';
import { toMarks, type Mark } from './marks';

/** Marks drawn of one annotation: more would hide what they mark. */
const MAX_MARKS = 300;

/** Points that a query for marks is asked in. */
const POINTS = 600;

/** The marks of all annotations that are switched on. */
export function useMarks(
  annotations: readonly Annotation[],
  off: ReadonlySet<string>,
  filling: Filling | null,
  turn: number,
): readonly Mark[] {
  const [marks, setMarks] = useState<readonly Mark[]>([]);
  const wanted = annotations.filter(({ name, expr }) => expr.trim() !== '' && !off.has(name));
  const key = filling && JSON.stringify([wanted.map(({ expr }) => interpolate(expr, filling)), filling.range, turn]);
  useEffect(() => {
    if (!filling || wanted.length === 0) {
      setMarks((before) => (before.length === 0 ? before : []));
      return;
    }
    const abort = new AbortController();
    const all = wanted.map((annotation) => load(annotation, filling, abort.signal).catch((): Mark[] => []));
    void Promise.all(all).then((found) => {
      if (!abort.signal.aborted) setMarks(found.flat());
    });
    return () => abort.abort();
  }, [key]);
  return marks;
}

async function load(annotation: Annotation, filling: Filling, signal: AbortSignal): Promise<Mark[]> {
  const { fromMs, toMs } = filling.range;
  const least = interpolate(annotation.step, filling);
  const answer = await askBatch(
    {
      expr: interpolate(annotation.expr, filling),
      kind: 'range',
      start: fromMs / 1000,
      end: toMs / 1000,
      time: null,
      step: null,
      max_points: Math.min(POINTS, Math.max(1, Math.floor((toMs - fromMs) / 1000))),
      min_step: least === '' ? null : least,
    },
    signal,
  );
  if (answer.data.resultType !== 'matrix') return [];
  return answer.data.result.flatMap((series) => toMarks(annotation, series, answer.stepMs)).slice(0, MAX_MARKS);
}
