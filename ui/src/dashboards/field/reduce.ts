// The values that stat, gauge, bargauge and piechart show: one for each field, or one for each row.
import { numberOf, timeField, type Field, type Frame, type Value } from '../data/frame';
import { nameOf } from '../data/names';
import type { PanelOptions } from '../model';
import { parsePattern } from '../variables/options';
import { calcName, calculate } from './calcs';
import { isHidden } from './config';
import { display, spanOfAll, type Display, type Look, type Shown } from './display';

export interface Reduced {
  name: string;
  shown: Shown;
  /** How other values of the same field would be shown. */
  display: Display;
  field: Field;
  frame: Frame;
  /** Of a row; undefined where the whole field was reduced. */
  row?: number | undefined;
  /** What came before, for a sparkline. */
  series: { times: Value[]; values: Value[] } | undefined;
  /** First to last, as a share; for a stat that shows change. */
  change: number | undefined;
}

/** Values shown at most: more tiles than this are no picture. */
const MAX_VALUES = 200;

/** Reduces. */
export function reduceAll(
  frames: readonly Frame[],
  options: PanelOptions['reduceOptions'],
  look: Omit<Look, 'index'>,
  shared: boolean,
): Reduced[] {
  const { values = false, calcs = ['lastNotNull'], fields = '', limit = null } = options ?? {};
  const wanted = fields === '' ? null : parsePattern(fields);
  const chosen = frames.flatMap((frame) =>
    frame.fields
      .filter((field) => !isHidden(field, 'viz'))
      .filter((field) => (wanted ? wanted.test(nameOf(field, frame, frames)) : field.type === 'number'))
      .map((field) => ({ field, frame })),
  );
  const span = shared ? spanOfAll(chosen.map(({ field }) => field)) : undefined;
  const most = Math.min(limit ?? MAX_VALUES, MAX_VALUES);
  const used = calcs.length > 0 ? calcs : ['lastNotNull'];
  const out: Reduced[] = [];
  for (const { field, frame } of chosen) {
    const shape = display(field, { ...look, index: out.length, span });
    const base = nameOf(field, frame, frames);
    if (values) {
      const strings = frame.fields.filter(({ type }) => type === 'string');
      for (let row = 0; row < frame.length && out.length < most; row++) {
        const label = strings.map((other) => String(other.values[row] ?? '')).join(' ');
        const perRow = display(field, { ...look, index: out.length, span });
        const name = chosen.length > 1 && label ? `${label} ${base}` : label || base;
        out.push({
          name,
          shown: perRow.show(field.values[row] ?? null),
          display: perRow,
          field,
          frame,
          row,
          series: undefined,
          change: undefined,
        });
      }
      continue;
    }
    for (const calc of used) {
      if (out.length >= MAX_VALUES) return out;
      const name = used.length > 1 ? `${base} ${calcName(calc)}` : base;
      const times = timeField(frame)?.values;
      const series = times && frame.length > 1 ? { times, values: field.values } : undefined;
      const [first, last] = [numberOf(calculate('firstNotNull', field)), numberOf(calculate('lastNotNull', field))];
      const change = series && first !== 0 && Number.isFinite(first) ? (last - first) / Math.abs(first) : undefined;
      out.push({ name, shown: shape.show(calculate(calc, field)), display: shape, field, frame, series, change });
    }
  }
  return out;
}
