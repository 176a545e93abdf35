// Series of older graphs that are zero where nothing is known of them.
import type { Range } from '../time-range';
import { orNull, numberOf, timeField, type Frame, type Value } from './frame';

/** Steps of one frame at most: what the query API answers at most. */
const MAX_STEPS = 11_000;

/** How a field says that it is zero where it has no value, in Grafana's words. */
const ZERO = 'null as zero';

/** The frame with a zero at each step of the range that it has no value for, where its fields want that. */
export function fillZeros(frame: Frame, range: Range): Frame {
  const wanted = frame.fields.map(({ config, type }) => type === 'number' && config.custom?.['nullValueMode'] === ZERO);
  const time = timeField(frame);
  if (!time || frame.length === 0 || frame.stepMs <= 0 || !wanted.includes(true)) return frame;
  const rows = new Map(time.values.map((at, row) => [numberOf(at), row]));
  const { stepMs } = frame;
  const first = numberOf(time.values[0]);
  const from = first - Math.max(0, Math.floor((first - range.fromMs) / stepMs)) * stepMs;
  const to = Math.max(numberOf(time.values.at(-1)), range.toMs);
  const length = Math.min(MAX_STEPS, Math.floor((to - from) / stepMs) + 1);
  const times = Array.from({ length }, (_, step) => from + step * stepMs);
  const fields = frame.fields.map((field, i) => ({
    ...field,
    values:
      field === time
        ? times
        : times.map((at): Value => {
            const value = field.values[rows.get(at) ?? -1] ?? null;
            return wanted[i] ? orNull(numberOf(value)) ?? 0 : value;
          }),
  }));
  return { ...frame, fields, length };
}
