// Transformations of rows: sortBy, limit, filterByValue, groupBy.
import { makeField, makeFrame, numberOf, takeRows, textOf, type Field, type Frame, type Value } from '../data/frame';
import { nameOf } from '../data/names';
import { calculate } from '../field/calcs';
import { parsePattern } from '../variables/options';
import { list, number, record, text, type Options } from './options';

const findField = (frame: Frame, frames: readonly Frame[], name: string): Field | undefined =>
  frame.fields.find((field) => nameOf(field, frame, frames) === name || field.name === name);

/** Orders by one field. */
export function sortBy(frames: readonly Frame[], options: Options): Frame[] {
  const by = record(list(options['sort'])[0]);
  const sign = by['desc'] === true ? -1 : 1;
  return frames.map((frame) => {
    const field = findField(frame, frames, text(by['field']));
    if (!field) return frame;
    const rows = field.values.map((_, row) => row);
    rows.sort((a, b) => sign * compareValues(field.values[a] ?? null, field.values[b] ?? null));
    return takeRows(frame, rows);
  });
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Numbers by size, texts by letters, nothing last. */
export function compareValues(a: Value, b: Value): number {
  const nothing = (value: Value) => value === null || (typeof value === 'number' && Number.isNaN(value));
  if (nothing(a) || nothing(b)) return Number(nothing(a)) - Number(nothing(b));
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  return collator.compare(textOf(a), textOf(b));
}

/** Keeps the first rows. */
export function limit(frames: readonly Frame[], options: Options): Frame[] {
  const most = number(options['limitField'], 10);
  return frames.map((frame) =>
    frame.length <= most
      ? frame
      : takeRows(
          frame,
          Array.from({ length: most }, (_, row) => row),
        ),
  );
}

/** Keeps or drops rows by what stands in their fields. */
export function filterByValue(frames: readonly Frame[], options: Options): Frame[] {
  const include = text(options['type'], 'include') === 'include';
  const all = text(options['match'], 'any') === 'all';
  const filters = list(options['filters']).map(record);
  return frames.map((frame) => {
    const tests = filters.flatMap((filter) => {
      const field = findField(frame, frames, text(filter['fieldName']));
      const fits = valueTest(record(filter['config']));
      return field ? [(row: number) => fits(field.values[row] ?? null)] : [];
    });
    if (tests.length === 0) return frame;
    const rows: number[] = [];
    for (let row = 0; row < frame.length; row++) {
      const fits = all ? tests.every((test) => test(row)) : tests.some((test) => test(row));
      if (fits === include) rows.push(row);
    }
    return takeRows(frame, rows);
  });
}

function valueTest(config: Options): (value: Value) => boolean {
  const { value, from, to } = record(config['options']);
  const wanted = number(value, Number.NaN);
  switch (text(config['id'])) {
    case 'greater':
      return (given) => numberOf(given) > wanted;
    case 'greaterOrEqual':
      return (given) => numberOf(given) >= wanted;
    case 'lower':
      return (given) => numberOf(given) < wanted;
    case 'lowerOrEqual':
      return (given) => numberOf(given) <= wanted;
    case 'equal':
      return (given) => textOf(given) === text(value) || numberOf(given) === wanted;
    case 'notEqual':
      return (given) => textOf(given) !== text(value) && numberOf(given) !== wanted;
    case 'between':
      return (given) =>
        numberOf(given) > number(from, Number.NEGATIVE_INFINITY) &&
        numberOf(given) < number(to, Number.POSITIVE_INFINITY);
    case 'regex': {
      const pattern = parsePattern(`/${text(value)}/`);
      return (given) => pattern?.test(textOf(given)) ?? false;
    }
    case 'substring':
      return (given) => textOf(given).toLowerCase().includes(text(value).toLowerCase());
    case 'notSubstring':
      return (given) => !textOf(given).toLowerCase().includes(text(value).toLowerCase());
    case 'isNull':
      return (given) => given === null;
    case 'isNotNull':
      return (given) => given !== null;
    default:
      return () => true;
  }
}

/** One row for each set of values of some fields, with calculations of the others. */
export function groupBy(frames: readonly Frame[], options: Options): Frame[] {
  const rules = record(options['fields']);
  return frames.map((frame) => {
    const rule = (field: Field) => record(rules[nameOf(field, frame, frames)] ?? rules[field.name]);
    const keys = frame.fields.filter((field) => rule(field)['operation'] === 'groupby');
    if (keys.length === 0) return frame;
    const groups = new Map<string, number[]>();
    for (let row = 0; row < frame.length; row++) {
      const key = JSON.stringify(keys.map((field) => field.values[row] ?? null));
      const rows = groups.get(key);
      if (rows) rows.push(row);
      else groups.set(key, [row]);
    }
    const all = [...groups.values()];
    const taken = (field: Field, rows: readonly number[]): Field => ({
      ...field,
      values: rows.map((row) => field.values[row] ?? null),
    });
    const fields = keys.map((field) =>
      taken(
        field,
        all.map((rows) => rows[0] ?? 0),
      ),
    );
    for (const field of frame.fields) {
      if (rule(field)['operation'] !== 'aggregate') continue;
      for (const id of list(rule(field)['aggregations']).map((one) => text(one))) {
        const values = all.map((rows) => calculate(id, taken(field, rows)));
        const type = id === 'count' || field.type === 'number' ? 'number' : field.type;
        const name = `${nameOf(field, frame, frames)} (${id})`;
        fields.push(makeField(name, type, values, { config: field.config }));
      }
    }
    return makeFrame(frame.refId, fields);
  });
}
