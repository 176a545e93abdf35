// Transformations that take tables apart: partitionByValues, prepareTimeSeries, filterFields.
import { numberOf, takeRows, textOf, timeField, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { fieldMatcher } from '../field/matchers';
import { list, record, text, type Options } from './options';

/** Frames made of one at most: a field of other values than names would make thousands. */
const MAX_PARTS = 1000;

/** One frame for each set of values that some fields have. */
export function partitionByValues(frames: readonly Frame[], options: Options): Frame[] {
  const wanted = list(options['fields']).map((name) => text(name));
  const keep = options['keepFields'] === true;
  const asLabels = record(options['naming'])['asLabels'] !== false;
  return frames.flatMap((frame) => {
    const keys = frame.fields.filter((field) => wanted.includes(field.name) || wanted.includes(nameOf(field, frame, frames)));
    if (keys.length === 0) return [frame];
    const groups = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = JSON.stringify(keys.map((field) => textOf(field.values[row])));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    return [...groups].slice(0, MAX_PARTS).map(([key, rows]) => {
      const values = JSON.parse(key) as string[];
      const labels = Object.fromEntries(keys.map(({ name }, i) => [name, values[i] ?? '']));
      const part = takeRows(frame, rows);
      const fields = part.fields.filter(({ name }) => keep || !keys.some((field) => field.name === name));
      const name = values.join(' ');
      return {
        ...part,
        name,
        fields: fields.map((field) =>
          field.type === 'time' || !asLabels ? field : { ...field, labels: { ...field.labels, ...labels }, legend: undefined },
        ),
      };
    });
  });
}

/** Tables with texts beside their numbers as series; what is a series already stays one. */
export function prepareTimeSeries(frames: readonly Frame[]): Frame[] {
  return frames.flatMap((frame) => {
    const names = frame.fields.filter(({ type }) => type === 'string').map(({ name }) => name);
    if (!timeField(frame) || names.length === 0) return [frame];
    return partitionByValues([frame], { fields: names }).map((part) => {
      const at = timeField(part)?.values ?? [];
      const rows = at.map((_, row) => row).sort((a, b) => numberOf(at[a]) - numberOf(at[b]));
      return takeRows(part, rows);
    });
  });
}

/** Keeps the fields that a matcher finds, and drops those that another one does. */
export function filterFields(frames: readonly Frame[], options: Options): Frame[] {
  const test = (given: unknown) => {
    const { id, options: inner } = record(given);
    return typeof id === 'string' ? fieldMatcher({ id, options: inner }, frames) : null;
  };
  const [keep, drop] = [test(options['include']), test(options['exclude'])];
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((field) => (!keep || keep(field, frame)) && !drop?.(field, frame)),
    }))
    .filter(({ fields }) => fields.length > 0);
}
