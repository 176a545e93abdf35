// Transformations that make one frame of several: merge, joinByField (seriesToColumns), seriesToRows,
// concatenate.
import { guessType, makeField, makeFrame, timeField, type Field, type Frame, type Value } from '../data/frame';
import { nameOf } from '../data/names';
import { text, type Options } from './options';

/** One table: rows that agree in all fields they share become one row. */
export function merge(frames: readonly Frame[]): Frame[] {
  if (frames.length === 0) return [];
  const called = frames.map((frame) => frame.fields.map((field) => mergeName(field, frame, frames)));
  const counts = new Map<string, number>();
  for (const names of called) for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const shared = [...counts].filter(([, count]) => count === frames.length).map(([name]) => name);
  const keys = shared.filter((name) =>
    frames.every((frame, i) => frame.fields[called[i]?.indexOf(name) ?? -1]?.type !== 'number'),
  );
  const fields = new Map<string, Field>();
  const rows: Map<string, Value>[] = [];
  const byKey = new Map<string, Map<string, Value>[]>();
  frames.forEach((frame, i) => {
    const names = called[i] ?? [];
    frame.fields.forEach((field, at) => {
      const name = names[at] ?? field.name;
      if (!fields.has(name)) fields.set(name, { ...field, name });
    });
    for (let row = 0; row < frame.length; row++) {
      const values = new Map(frame.fields.map((field, at) => [names[at] ?? field.name, field.values[row] ?? null]));
      const key = JSON.stringify(keys.map((name) => values.get(name) ?? null));
      const same = byKey.get(key) ?? [];
      const free = same.find((known) =>
        [...values].every(([name, value]) => !known.has(name) || known.get(name) === value),
      );
      if (free) for (const [name, value] of values) free.set(name, value);
      else {
        rows.push(values);
        byKey.set(key, [...same, values]);
      }
    }
  });
  const merged = [...fields.entries()].map(([name, field]) => ({
    ...field,
    values: rows.map((row) => row.get(name) ?? null),
  }));
  return [makeFrame(frames[0]?.refId ?? '', merged)];
}

/** Series bring a value each under one name: what tells them apart must stay. */
function mergeName(field: Field, frame: Frame, frames: readonly Frame[]): string {
  return field.type === 'number' && field.labels ? nameOf(field, frame, frames) : field.name;
}

/** One frame whose rows are the values of a field that all frames have; times where none is named. */
export function joinByField(frames: readonly Frame[], options: Options): Frame[] {
  const by = text(options['byField']);
  const inner = text(options['mode'], 'outer').startsWith('inner');
  const parts = frames.flatMap((frame) => {
    const key =
      by === ''
        ? timeField(frame)
        : frame.fields.find((field) => nameOf(field, frame, frames) === by || field.name === by);
    return key ? [{ frame, key }] : [];
  });
  const first = parts[0];
  if (!first || (parts.length === 1 && frames.length === 1)) return [...frames];
  const places = parts.map(({ key }) => {
    const rows = new Map<Value, number[]>();
    key.values.forEach((value, row) => rows.set(value, [...(rows.get(value) ?? []), row]));
    return rows;
  });
  let values = [...new Set(parts.flatMap(({ key }) => key.values))];
  if (inner) values = values.filter((value) => places.every((rows) => rows.has(value)));
  if (first.key.type === 'time' || first.key.type === 'number') values.sort((a, b) => Number(a) - Number(b));
  // A value that a frame has more than once gives a row each time; the others repeat beside it.
  const rows = values.flatMap((value) => {
    const most = Math.max(...places.map((found) => found.get(value)?.length ?? 0));
    return Array.from({ length: most }, (_, nth) => ({ value, nth }));
  });
  const fields = parts.flatMap(({ frame, key }, part) =>
    frame.fields
      .filter((field) => field !== key)
      .map((field) => ({
        ...field,
        values: rows.map(({ value, nth }) => {
          const own = places[part]?.get(value);
          return field.values[own?.[Math.min(nth, own.length - 1)] ?? -1] ?? null;
        }),
      })),
  );
  const keyField = { ...first.key, values: rows.map(({ value }) => value) };
  return [makeFrame(first.frame.refId, [keyField, ...uniqueNames(fields)], { stepMs: first.frame.stepMs })];
}

/** Fields of one name are told apart by a number. */
function uniqueNames(fields: readonly Field[]): Field[] {
  const seen = new Map<string, number>();
  return fields.map((field) => {
    const name = field.legend ?? field.name;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 || field.labels ? field : { ...field, name: `${field.name} ${count}` };
  });
}

/** Series as rows: time, metric, value. */
export function seriesToRows(frames: readonly Frame[]): Frame[] {
  const rows: { time: Value; metric: string; value: Value }[] = [];
  for (const frame of frames) {
    const times = timeField(frame);
    if (!times) continue;
    for (const field of frame.fields) {
      if (field === times) continue;
      const metric = nameOf(field, frame, frames);
      field.values.forEach((value, row) => rows.push({ time: times.values[row] ?? null, metric, value }));
    }
  }
  rows.sort((a, b) => Number(b.time) - Number(a.time));
  const values = rows.map(({ value }) => value);
  return [
    makeFrame(frames[0]?.refId ?? '', [
      makeField(
        'Time',
        'time',
        rows.map(({ time }) => time),
      ),
      makeField(
        'Metric',
        'string',
        rows.map(({ metric }) => metric),
      ),
      makeField('Value', guessType(values), values),
    ]),
  ];
}

/** All fields side by side in one frame. */
export function concatenate(frames: readonly Frame[]): Frame[] {
  const length = Math.max(0, ...frames.map((frame) => frame.length));
  const fields = frames.flatMap((frame) =>
    frame.fields.map((field) => ({ ...field, values: Array.from({ length }, (_, row) => field.values[row] ?? null) })),
  );
  return frames.length === 0 ? [] : [makeFrame(frames[0]?.refId ?? '', fields)];
}
