// From frames to the cells of a heatmap: their fields are its rows, or their values are counted.
import { MAX_COLUMNS, MAX_ROWS, toHeatmap, type Heat } from '../../plot/heat';
import { numberOf, timeField, type Frame } from '../data/frame';
import { nameOf } from '../data/names';

/** Rows that values are counted in, where no buckets are given. */
const COUNTED = 24;

/** The cells of frames: each field of numbers is a row. */
export function toHeat(frames: readonly Frame[]): Heat | null {
  const series = frames.flatMap((frame) => {
    const time = timeField(frame);
    if (!time) return [];
    return frame.fields
      .filter(({ type }) => type === 'number')
      .map((field) => ({ name: field.labels?.['le'] ?? nameOf(field, frame, frames), time, field }));
  });
  if (series.length === 0) return null;
  const bounds = series.map(({ name }) => (name === '+Inf' ? Number.POSITIVE_INFINITY : Number(name)));
  if (bounds.every((bound) => !Number.isNaN(bound))) {
    series.sort((a, b) => numberOrInf(a.name) - numberOrInf(b.name));
  }
  const all = [...new Set(series.flatMap(({ time }) => time.values.map(numberOf)))].sort((a, b) => a - b);
  const times = all.slice(-MAX_COLUMNS);
  const place = new Map(times.map((time, i) => [time, i]));
  const rows = series.slice(0, MAX_ROWS);
  const cells = rows.map(({ time, field }) => {
    const row = new Array<number>(times.length).fill(Number.NaN);
    time.values.forEach((at, i) => {
      const column = place.get(numberOf(at));
      if (column !== undefined) row[column] = numberOf(field.values[i]);
    });
    return row;
  });
  const names = rows.map(({ name }) => name);
  return toHeatmap(times, frames.find(({ stepMs }) => stepMs > 0)?.stepMs ?? 0, names, cells);
}

const numberOrInf = (text: string): number => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text));

/** Values of series counted by size, where a document asks the panel to do so. */
export function countHeat(frames: readonly Frame[], columns: number): Heat | null {
  const points = frames
    .flatMap((frame) => {
      const time = timeField(frame);
      return time
        ? frame.fields
            .filter(({ type }) => type === 'number')
            .flatMap((field) => field.values.map((value, i) => [numberOf(time.values[i]), numberOf(value)] as const))
        : [];
    })
    .filter(([, value]) => Number.isFinite(value));
  if (points.length === 0) return null;
  const low = points.reduce((least, [, value]) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = points.reduce((most, [, value]) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const from = points.reduce((least, [at]) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const to = points.reduce((most, [at]) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const size = (high - low) / COUNTED || 1;
  const stepMs = Math.max(1000, (to - from) / Math.max(1, columns));
  const count = Math.floor((to - from) / stepMs) + 1;
  const cells = Array.from({ length: COUNTED }, () => new Array<number>(count).fill(Number.NaN));
  for (const [at, value] of points) {
    const row = cells[Math.min(COUNTED - 1, Math.floor((value - low) / size))];
    const column = Math.floor((at - from) / stepMs);
    if (row) row[column] = (Number.isNaN(row[column] ?? Number.NaN) ? 0 : (row[column] ?? 0)) + 1;
  }
  const rows = cells.map((_, i) => String(Number((low + (i + 1) * size).toPrecision(4))));
  return toHeatmap(
    Array.from({ length: count }, (_, i) => from + i * stepMs),
    stepMs,
    rows,
    cells,
  );
}
