// Answers as tables of fields, Grafana's own shape of data, so that its transformations, matchers
// and overrides mean here what they mean there.
import type { Labels } from '../../lib/labels';
import type { FieldConfig } from '../model';

export type FieldType = 'time' | 'number' | 'string' | 'boolean' | 'other';

/** Times are milliseconds. */
export type Value = number | string | boolean | null;

export interface Field {
  name: string;
  type: FieldType;
  labels?: Labels | undefined;
  values: Value[];
  /** The legend that the query gives; an override's display name comes before it. */
  legend?: string | undefined;
  config: FieldConfig;
}

export interface Frame {
  refId: string;
  name?: string | undefined;
  fields: Field[];
  length: number;
  /** Milliseconds between two points; 0 where there is no grid. */
  stepMs: number;
}

/** A field without anything known of it. */
export function makeField(name: string, type: FieldType, values: Value[], more: Partial<Field> = {}): Field {
  return { name, type, values, config: {}, ...more };
}

/** A frame as long as its fields. */
export function makeFrame(refId: string, fields: Field[], more: Partial<Frame> = {}): Frame {
  return { refId, fields, length: fields[0]?.values.length ?? 0, stepMs: 0, ...more };
}

/** The first field of times. */
export function timeField(frame: Frame): Field | undefined {
  return frame.fields.find(({ type }) => type === 'time');
}

/** The same rows in another choice or order. */
export function takeRows(frame: Frame, rows: readonly number[]): Frame {
  const fields = frame.fields.map((field) => ({ ...field, values: rows.map((row) => field.values[row] ?? null) }));
  return { ...frame, fields, length: rows.length };
}

/** What values are, told from the first that says so. */
export function guessType(values: readonly Value[]): FieldType {
  const first = values.find((value) => value !== null && value !== '');
  switch (typeof first) {
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'string';
    default:
      return 'other';
  }
}

/** A value as text, without unit or mapping. */
export function textOf(value: Value | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

/** A value as a number; NaN where it is none. */
export function numberOf(value: Value | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || value === undefined || value.trim() === '') return Number.NaN;
  return Number(value);
}

/** A number as a value: what is none is nothing. */
export function orNull(value: number): Value {
  return Number.isNaN(value) ? null : value;
}
