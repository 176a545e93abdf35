// From values over time to stretches in which they stay the same.
import type { Field, Value } from '../data/frame';

/** A value, and from when to when it was so; milliseconds. */
export interface Stretch {
  fromMs: number;
  toMs: number;
  value: Value;
}

/** The stretches of a row; values that are shown as the same word are the same state. */
export function toStretches(
  time: Field,
  field: Field,
  stepMs: number,
  endMs: number,
  joined: boolean,
  most: number,
  word: (value: Value) => string,
): Stretch[] {
  const stretches: Stretch[] = [];
  let last: { stretch: Stretch; word: string } | undefined;
  time.values.forEach((at, row) => {
    const value = field.values[row] ?? null;
    if (typeof at !== 'number' || stretches.length >= most) return;
    const next = time.values[row + 1];
    const end = typeof next === 'number' ? next : stepMs > 0 ? at + stepMs : endMs;
    // After a gap nobody knows.
    const toMs = stepMs > 0 ? Math.min(end, at + stepMs * 1.5) : end;
    if (value === null) {
      last = undefined;
      return;
    }
    const said = word(value);
    if (joined && last?.word === said && last.stretch.toMs >= at) {
      last.stretch.toMs = toMs;
      return;
    }
    const stretch = { fromMs: at, toMs, value };
    stretches.push(stretch);
    last = { stretch, word: said };
  });
  return stretches;
}
