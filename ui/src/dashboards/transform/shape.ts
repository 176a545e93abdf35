// Transformations that turn one shape into another: reduce, labelsToFields, timeSeriesTable,
// extractFields, convertFieldType, configFromData.
import {
  guessType,
  makeField,
  makeFrame,
  numberOf,
  orNull,
  textOf,
  timeField,
  type Field,
  type FieldType,
  type Frame,
  type Value,
} from '../data/frame';
import { nameOf } from '../data/names';
import { calcName, calculate } from '../field/calcs';
import { merge } from './join';
import { list, record, text, type Options } from './options';

/** Each field becomes a row of its calculations, or each frame one row. */
export function reduce(frames: readonly Frame[], options: Options): Frame[] {
  const ids = list(options['reducers']).map((id) => text(id));
  const calcs = ids.length > 0 ? ids : ['max'];
  const times = options['includeTimeField'] === true;
  if (text(options['mode'], 'seriesToRows') === 'reduceFields') {
    return frames.map((frame) => {
      const fields = frame.fields
        .filter((field) => field.type === 'number' || (times && field.type === 'time'))
        .flatMap((field) =>
          calcs.map((id) => ({
            ...field,
            name: calcs.length > 1 ? `${field.name} ${calcName(id)}` : field.name,
            values: [calculate(id, field)],
          })),
        );
      return makeFrame(frame.refId, fields);
    });
  }
  const rows = frames.flatMap((frame) =>
    frame.fields
      .filter((field) => (times || field.type !== 'time') && (field.type !== 'string' || frames.length === 1))
      .map((field) => ({ field, name: nameOf(field, frame, frames) })),
  );
  const labelled =
    options['labelsToFields'] === true
      ? [...new Set(rows.flatMap(({ field }) => Object.keys(field.labels ?? {})))].sort()
      : [];
  const config = rows.find(({ field }) => field.type === 'number')?.field.config ?? {};
  const { displayName: _own, ...shared } = config;
  return [
    makeFrame(frames[0]?.refId ?? '', [
      ...(labelled.length > 0
        ? labelled.map((label) =>
            makeField(
              label,
              'string',
              rows.map(({ field }) => field.labels?.[label] ?? ''),
            ),
          )
        : [
            makeField(
              'Field',
              'string',
              rows.map(({ name }) => name),
            ),
          ]),
      ...calcs.map((id) => {
        const values = rows.map(({ field }) => calculate(id, field));
        return makeField(calcName(id), guessType(values), values, { config: shared });
      }),
    ]),
  ];
}

/** Labels as columns (or rows), and all series in one table. */
export function labelsToFields(frames: readonly Frame[], options: Options): Frame[] {
  const keep = list(options['keepLabels']).map((label) => text(label));
  const byValue = text(options['valueLabel']);
  const wanted = (label: string) => keep.length === 0 || keep.includes(label);
  if (text(options['mode']) === 'rows') {
    return frames.flatMap((frame) =>
      frame.fields
        .filter(({ labels }) => labels)
        .map((field) => {
          const pairs = Object.entries(field.labels ?? {}).filter(([label]) => wanted(label));
          return makeFrame(
            frame.refId,
            [
              makeField(
                'label',
                'string',
                pairs.map(([label]) => label),
              ),
              makeField(
                'value',
                'string',
                pairs.map(([, value]) => value),
              ),
            ],
            { name: nameOf(field, frame, frames) },
          );
        }),
    );
  }
  const tables = frames.map((frame) => {
    const labels = new Map<string, string>();
    for (const field of frame.fields) {
      for (const [label, value] of Object.entries(field.labels ?? {}))
        if (wanted(label) && label !== byValue) labels.set(label, value);
    }
    const fields = frame.fields.map((field): Field => {
      const { labels: own, legend: _legend, ...rest } = field;
      const named = byValue && own?.[byValue] ? own[byValue] : (own?.['__name__'] ?? field.name);
      return own ? { ...rest, name: named } : rest;
    });
    const columns = [...labels]
      .filter(([label]) => label !== '__name__')
      .map(([label, value]) =>
        makeField(
          label,
          'string',
          Array.from({ length: frame.length }, (): Value => value),
        ),
      );
    const [times, others] = [
      fields.filter(({ type }) => type === 'time'),
      fields.filter(({ type }) => type !== 'time'),
    ];
    return { ...frame, fields: [...times, ...columns, ...others] };
  });
  return merge(tables);
}

/** One row a series: its labels, and its latest value. */
export function timeSeriesTable(frames: readonly Frame[], options: Options): Frame[] {
  const refs = [...new Set(frames.map(({ refId }) => refId))];
  return refs.map((refId) => {
    const own = frames.filter((frame) => frame.refId === refId);
    const series = own.flatMap((frame) =>
      frame.fields.filter(({ type }) => type === 'number').map((field) => ({ frame, field })),
    );
    const labels = [...new Set(series.flatMap(({ field }) => Object.keys(field.labels ?? {})))];
    const given = record(options[refId]);
    const stat = text(given['stat'] ?? record(options['refIdToStat'])[refId], 'lastNotNull');
    const values = series.map(({ field }) => calculate(stat, field));
    return makeFrame(refId, [
      ...labels.map((label) =>
        makeField(
          label,
          'string',
          series.map(({ field }) => field.labels?.[label] ?? ''),
        ),
      ),
      makeField(`Trend #${refId}`, guessType(values), values, { config: series[0]?.field.config ?? {} }),
    ]);
  });
}

/** Fields of what a text holds as JSON or as pairs. */
export function extractFields(frames: readonly Frame[], options: Options): Frame[] {
  const source = text(options['source']);
  const format = text(options['format'], 'auto');
  return frames.map((frame) => {
    const field = frame.fields.find((one) => nameOf(one, frame, frames) === source || one.name === source);
    if (!field) return frame;
    const rows = field.values.map((value) => parseParts(textOf(value), format));
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const made = names.map((name) => {
      const values = rows.map((row) => row[name] ?? null);
      return makeField(name, guessType(values), values);
    });
    const time = timeField(frame);
    const kept = options['replace'] === true ? (options['keepTime'] === true && time ? [time] : []) : frame.fields;
    return { ...frame, fields: [...kept, ...made] };
  });
}

function parseParts(given: string, format: string): Record<string, Value> {
  if (format !== 'kvp') {
    try {
      const read: unknown = JSON.parse(given);
      return Object.fromEntries(
        Object.entries(record(read)).map(([name, value]) => [
          name,
          typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Value),
        ]),
      );
    } catch {
      if (format === 'json') return {};
    }
  }
  return Object.fromEntries(
    [...given.matchAll(/([\w.-]+)\s*[=:]\s*("([^"]*)"|[^\s,;]+)/g)].map((m) => [m[1] ?? '', m[3] ?? m[2] ?? '']),
  );
}

/** Values of a field as another type. */
export function convertFieldType(frames: readonly Frame[], options: Options): Frame[] {
  const rules = list(options['conversions']).map(record);
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const rule = rules.find((one) => [nameOf(field, frame, frames), field.name].includes(text(one['targetField'])));
      const type = text(rule?.['destinationType']) as FieldType;
      return rule ? { ...field, type, values: field.values.map((value) => convert(value, type)) } : field;
    }),
  }));
}

function convert(value: Value, type: FieldType): Value {
  switch (type) {
    case 'number':
      return orNull(numberOf(value));
    case 'string':
      return textOf(value);
    case 'boolean':
      return value !== null && value !== '' && value !== 0 && value !== 'false' && value !== false;
    case 'time':
      return typeof value === 'string' ? orNull(Date.parse(value)) : value;
    default:
      return value;
  }
}

/** Limits, unit or colour of fields from what a query found. */
export function configFromData(frames: readonly Frame[], options: Options): Frame[] {
  const source = frames.find(({ refId }) => refId === text(options['configRefId'], 'config'));
  if (!source) return [...frames];
  const found: Record<string, unknown> = {};
  for (const field of source.fields) {
    const rule = list(options['mappings'])
      .map(record)
      .find((one) => text(one['fieldName']) === nameOf(field, source, frames));
    const key = text(rule?.['handlerKey'], field.name.toLowerCase());
    const value = calculate(text(rule?.['reducerId'], 'lastNotNull'), field);
    if (['min', 'max', 'decimals'].includes(key)) found[key] = numberOf(value);
    else if (['unit', 'displayName'].includes(key)) found[key] = textOf(value);
    else if (key === 'color') found[key] = { mode: 'fixed', fixedColor: textOf(value) };
  }
  return frames
    .filter((frame) => frame !== source)
    .map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) =>
        field.type === 'number' ? { ...field, config: { ...field.config, ...found } } : field,
      ),
    }));
}
