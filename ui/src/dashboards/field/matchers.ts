// Which fields an override or a filter speaks of.
import { numberOf, type Field, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import type { Matcher } from '../model';
import { parsePattern } from '../variables/options';
import { calculate } from './calcs';

export type Fits = (field: Field, frame: Frame) => boolean;

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The test that a matcher is; one of an unknown kind fits nothing. */
export function fieldMatcher(matcher: Matcher, frames: readonly Frame[]): Fits {
  const { id, options } = matcher;
  const names = (field: Field, frame: Frame): string[] => [nameOf(field, frame, frames), field.name];
  switch (id) {
    case 'byName':
      return (field, frame) => names(field, frame).includes(String(options));
    case 'byNames': {
      const given = record(options);
      const list = Array.isArray(options) ? options : Array.isArray(given['names']) ? given['names'] : [];
      const wanted = new Set(list.map(String));
      const exclude = given['mode'] === 'exclude';
      return (field, frame) => names(field, frame).some((name) => wanted.has(name)) !== exclude;
    }
    case 'byRegexp': {
      const pattern = parsePattern(String(options));
      return (field, frame) => pattern?.test(nameOf(field, frame, frames)) ?? false;
    }
    case 'byFrameRefID':
      return (_, frame) => frame.refId === String(options);
    case 'byType':
      return (field) => field.type === String(options);
    case 'numeric':
      return (field) => field.type === 'number';
    case 'first':
      return (field, frame) => frame.fields[0] === field;
    case 'firstTimeField':
      return (field, frame) => frame.fields.find(({ type }) => type === 'time') === field;
    case 'byValue': {
      const { reducer, op, value } = record(options);
      return (field) => {
        const found = calculate(String(reducer ?? 'last'), field);
        // "All are zero" is an answer, and no number to compare.
        return typeof found === 'boolean' ? found : compare(numberOf(found), String(op ?? '='), Number(value));
      };
    }
    case 'anyMatch':
    case 'allMatch': {
      const inner = (Array.isArray(options) ? (options as Matcher[]) : []).map((one) => fieldMatcher(one, frames));
      return (field, frame) =>
        id === 'anyMatch' ? inner.some((fits) => fits(field, frame)) : inner.every((fits) => fits(field, frame));
    }
    default:
      return () => false;
  }
}

/** Compares as the words or signs of a document say. */
export function compare(left: number, operator: string, right: number): boolean {
  switch (operator) {
    case '>':
    case 'gt':
      return left > right;
    case '>=':
    case 'gte':
      return left >= right;
    case '<':
    case 'lt':
      return left < right;
    case '<=':
    case 'lte':
      return left <= right;
    case '!=':
    case '<>':
    case 'neq':
      return left !== right;
    default:
      return left === right;
  }
}

/** Whether a frame belongs to what a transformation's filter speaks of. */
export function frameMatcher(matcher: Matcher): (frame: Frame) => boolean {
  const wanted = parsePattern(String(matcher.options));
  return (frame) =>
    matcher.id !== 'byRefId' && matcher.id !== 'byFrameRefID' ? true : (wanted?.test(frame.refId) ?? false);
}
