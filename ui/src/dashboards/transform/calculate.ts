// The transformation calculateField: a field that is reckoned from others in its row.
import { makeField, numberOf, orNull, timeField, type Field, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { calcName, calculate } from '../field/calcs';
import { list, number, record, text, type Options } from './options';

type Binary = (a: number, b: number) => number;

const BINARY: Readonly<Record<string, Binary>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '**': (a, b) => a ** b,
  '%': (a, b) => a % b,
  '=': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
};

const UNARY: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  exp: Math.exp,
  ln: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  trunc: Math.trunc,
  sign: Math.sign,
  percent: (value) => value * 100,
};

/** Adds a field that is reckoned from others in its row. */
export function calculateField(frames: readonly Frame[], options: Options): Frame[] {
  const mode = text(options['mode'], 'reduceRow');
  const replace = options['replaceFields'] === true;
  return frames.map((frame) => {
    const find = (name: string) =>
      frame.fields.find((field) => nameOf(field, frame, frames) === name || field.name === name);
    const made =
      mode === 'binary'
        ? binaryField(options, frame, find)
        : mode === 'unary'
          ? unaryField(options, find)
          : mode === 'index'
            ? makeField(
                'Row',
                'number',
                Array.from({ length: frame.length }, (_, row) => row),
              )
            : mode === 'cumulativeFunctions'
              ? cumulativeField(options, frame, find)
              : rowField(options, frame, frames);
    if (!made) return frame;
    const alias = text(options['alias']);
    const field = alias === '' ? made : { ...made, name: alias };
    const time = timeField(frame);
    return { ...frame, fields: replace ? [...(time ? [time] : []), field] : [...frame.fields, field] };
  });
}

type Find = (name: string) => Field | undefined;

function binaryField(options: Options, frame: Frame, find: Find): Field | undefined {
  const { left, right, operator } = record(options['binary']);
  const run = BINARY[text(operator, '+')];
  const operand = (given: unknown): ((row: number) => number) | undefined => {
    const named = text(record(record(given)['matcher'])['options'] ?? record(given)['fixed'] ?? given);
    const field = find(named);
    if (field) return (row) => numberOf(field.values[row]);
    const constant = number(named, Number.NaN);
    return Number.isNaN(constant) ? undefined : () => constant;
  };
  const [a, b] = [operand(left), operand(right)];
  if (!run || !a || !b) return undefined;
  const name = `${text(record(record(left)['matcher'])['options'] ?? left)} ${text(operator, '+')} ${text(record(right)['fixed'] ?? right)}`;
  return makeField(
    name,
    'number',
    Array.from({ length: frame.length }, (_, row) => orNull(run(a(row), b(row)))),
  );
}

function unaryField(options: Options, find: Find): Field | undefined {
  const { operator, fieldName } = record(options['unary']);
  const field = find(text(fieldName));
  const run = UNARY[text(operator, 'abs')];
  return field && run
    ? makeField(
        `${text(operator)} ${field.name}`,
        'number',
        field.values.map((value) => orNull(run(numberOf(value)))),
      )
    : undefined;
}

function cumulativeField(options: Options, frame: Frame, find: Find): Field | undefined {
  const { field: name, reducer } = record(options['cumulative']);
  const field = find(text(name)) ?? frame.fields.find(({ type }) => type === 'number');
  if (!field) return undefined;
  let total = 0;
  const values = field.values.map((value, row) => {
    total += numberOf(value) || 0;
    return text(reducer) === 'mean' ? total / (row + 1) : total;
  });
  return makeField(`cumulative ${text(reducer, 'sum')} ${field.name}`, 'number', values);
}

function rowField(options: Options, frame: Frame, frames: readonly Frame[]): Field | undefined {
  const { include, reducer } = record(options['reduce']);
  const wanted = list(include).map((name) => text(name));
  const fields = frame.fields.filter(
    (field) =>
      field.type === 'number' &&
      (wanted.length === 0 || wanted.includes(nameOf(field, frame, frames)) || wanted.includes(field.name)),
  );
  if (fields.length === 0) return undefined;
  const id = text(reducer, 'sum');
  const values = Array.from({ length: frame.length }, (_, row) =>
    calculate(
      id,
      makeField(
        '',
        'number',
        fields.map((field) => field.values[row] ?? null),
      ),
    ),
  );
  return makeField(calcName(id), 'number', values);
}
