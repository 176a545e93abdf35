// Frames as columns over one time axis, which is what a plot draws.
import { numberOf, timeField, type Field, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { customNumber, customRecord, customText, isHidden } from '../field/config';

/** A number; null where the line has a gap, undefined where it has no point and goes on. */
export type Column = (number | null | undefined)[];

/** One line of a plot. */
export interface Line {
  field: Field;
  frame: Frame;
  name: string;
  /** Its place among all lines, drawn or not: its colour comes from it. */
  index: number;
  column: Column;
}

export interface Lines {
  /** Seconds. */
  times: number[];
  lines: Line[];
}

/** Lines drawn at most; the panel says how many there are beyond. */
const MAX_LINES = 400;

/** All numeric fields of frames that have times. */
export function toLines(frames: readonly Frame[]): Lines & { left: number } {
  const parts = frames.flatMap((frame) => {
    const time = timeField(frame);
    if (!time) return [];
    return frame.fields
      .filter((field) => field.type === 'number' || field.type === 'boolean')
      .filter((field) => !isHidden(field, 'viz'))
      .map((field) => ({ frame, field, points: pointsOf(frame, time, field) }));
  });
  const drawn = parts.slice(0, MAX_LINES);
  const moments = new Set<number>();
  for (const { points } of drawn) for (const [time] of points) moments.add(time);
  const times = [...moments].sort((a, b) => a - b);
  const place = new Map(times.map((time, i) => [time, i]));
  const lines = drawn.map(({ frame, field, points }, index) => {
    const column: Column = new Array<number | null | undefined>(times.length).fill(undefined);
    for (const [time, value] of points) column[place.get(time) ?? 0] = value;
    widenGaps(column);
    return { field, frame, name: nameOf(field, frame, frames), index, column };
  });
  return { times: times.map((ms) => ms / 1000), lines, left: parts.length - drawn.length };
}

/** A gap reaches to the next point, also over moments that only other lines have. */
function widenGaps(column: Column): void {
  let open = true;
  for (let i = 0; i < column.length; i++) {
    if (column[i] === undefined && open) column[i] = null;
    open = column[i] === null;
  }
}

/** The points of a line, with a null where it has a gap. */
function pointsOf(frame: Frame, time: Field, field: Field): [number, number | null][] {
  const bridge = field.config.custom?.['spanNulls'];
  const longest = bridge === true ? Number.POSITIVE_INFINITY : typeof bridge === 'number' ? bridge : frame.stepMs * 1.5;
  const sign = customText(field, 'transform', '') === 'negative-Y' ? -1 : 1;
  const points: [number, number | null][] = [];
  let last: number | null = null;
  time.values.forEach((at, row) => {
    if (typeof at !== 'number') return;
    const value = numberOf(field.values[row]);
    const missing = !Number.isFinite(value);
    if (missing && bridge === true) return;
    if (last !== null && frame.stepMs > 0 && at - last > longest) points.push([last + frame.stepMs, null]);
    points.push([at, missing ? null : sign * value]);
    last = at;
  });
  return points;
}

/** The value of a line at a moment that may be another line's: its own last one, at most a step before. */
export function valueAt({ column, frame }: Line, times: readonly number[], index: number): number | null | undefined {
  const now = times[index] ?? 0;
  for (let i = index; i >= 0 && (now - (times[i] ?? 0)) * 1000 < Math.max(1, frame.stepMs); i--) {
    if (column[i] !== undefined) return column[i];
  }
  return undefined;
}

/** How a line's values are put on those of others. */
export interface Stacking {
  mode: 'none' | 'normal' | 'percent';
  group: string;
}

/** The stacking of a field. */
export function stackingOf(field: Field): Stacking {
  const { mode, group } = customRecord(field, 'stacking');
  const kind = mode === 'normal' || mode === 'percent' ? mode : 'none';
  return { mode: kind, group: `${typeof group === 'string' ? group : 'A'} ${customText(field, 'axisPlacement', '')}` };
}

export interface Stacked {
  columns: Column[];
  /** Pairs of lines with the surface between them, upper first. */
  bands: [upper: number, lower: number][];
}

/** Adds up what is stacked, group by group; below and above zero are stacks of their own. */
export function stackLines(lines: readonly Line[]): Stacked {
  const totals = new Map<string, number[]>();
  for (const { field, column } of lines) {
    const { mode, group } = stackingOf(field);
    if (mode !== 'percent') continue;
    const sums = totals.get(group) ?? [];
    column.forEach((value, i) => {
      sums[i] = (sums[i] ?? 0) + Math.abs(value ?? 0);
    });
    totals.set(group, sums);
  }
  const reached = new Map<string, { sums: number[]; line: number }>();
  const bands: [number, number][] = [];
  const columns = lines.map(({ field, column }, line): Column => {
    const { mode, group } = stackingOf(field);
    if (mode === 'none') return column;
    const below = column.some((value) => (value ?? 0) < 0);
    const key = `${group} ${below}`;
    const before = reached.get(key);
    const sums = before ? [...before.sums] : [];
    const total = totals.get(group);
    const stacked = column.map((value, i) => {
      const share = value === null || value === undefined ? 0 : mode === 'percent' ? value / (total?.[i] || 1) : value;
      sums[i] = (sums[i] ?? 0) + share;
      return value === null || value === undefined ? value : sums[i];
    });
    if (before) bands.push([line, before.line]);
    reached.set(key, { sums, line });
    return stacked;
  });
  return { columns, bands };
}

/** Which axis a line belongs to: one for each unit, and more where a document asks for them. */
export function scaleKey(field: Field): string {
  const { config } = field;
  const scale = customRecord(field, 'scaleDistribution');
  const percent = stackingOf(field).mode === 'percent';
  const side = customText(field, 'axisPlacement', 'auto');
  return JSON.stringify([
    percent ? 'percentunit' : (config.unit ?? ''),
    side === 'auto' ? '' : side,
    scale['type'] ?? 'linear',
    scale['log'] ?? 0,
    config.min ?? null,
    config.max ?? null,
    customText(field, 'axisLabel', ''),
    customNumber(field, 'axisSoftMin', Number.NaN),
  ]);
}
