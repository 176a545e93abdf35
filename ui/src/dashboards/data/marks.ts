// From what an annotation's query finds to marks on the time axis.
import type { MatrixSeries } from '../../api/types';
import type { Annotation } from '../model';
import { parseNumber } from '../../lib/number';
import { formatLegend } from './names';

/** A moment, or a span where the end is later. */
export interface Mark {
  name: string;
  color: string;
  fromMs: number;
  toMs: number;
  text: string;
  /** A background that nobody has to read: no lines, and no word beside the mouse. */
  quiet?: boolean;
}

/** Neighbouring points of a series are one span; a value of zero marks nothing. */
export function toMarks(
  annotation: Annotation,
  { metric, values = [] }: Pick<MatrixSeries, 'metric' | 'values'>,
  stepMs: number,
): Mark[] {
  const fill = (template: string) => (template === '' ? '' : formatLegend(template, metric, ''));
  const words = [fill(annotation.title), fill(annotation.text), fill(annotation.tags)].filter((part) => part !== '');
  const text = words.join(' · ') || formatLegend('', metric, annotation.name);
  const base = { name: annotation.name, color: annotation.color, text };
  const marks: Mark[] = [];
  for (const [time, sample] of values) {
    const value = parseNumber(sample);
    if (annotation.useValueForTime) {
      const at = value < 1e11 ? value * 1000 : value;
      if (marks.at(-1)?.fromMs !== at) marks.push({ ...base, fromMs: at, toMs: at });
      continue;
    }
    if (!value) continue;
    const at = time * 1000;
    const last = marks.at(-1);
    if (last && at - last.toMs <= stepMs * 1.5) last.toMs = at;
    else marks.push({ ...base, fromMs: at, toMs: at });
  }
  return marks;
}
