// Transformations that choose, name and order fields: organize, renameByRegex, filterFieldsByName,
// filterByName, filterFrames.
import type { Field, Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { parsePattern } from '../variables/options';
import { list, number, record, text, type Options } from './options';

/** Excludes, orders and renames. */
export function organize(frames: readonly Frame[], options: Options): Frame[] {
  const excluded = record(options['excludeByName']);
  const included = record(options['includeByName']);
  const order = record(options['indexByName']);
  const names = record(options['renameByName']);
  const only = Object.keys(included).length > 0;
  return frames.map((frame) => {
    const kept = frame.fields
      .map((field) => ({ field, name: nameOf(field, frame, frames) }))
      .filter(({ field, name }) => {
        const says = (table: Options) => table[name] === true || table[field.name] === true;
        return !says(excluded) && (!only || says(included));
      });
    const place = (entry: { field: Field; name: string }) =>
      number(order[entry.name] ?? order[entry.field.name], Number.MAX_SAFE_INTEGER);
    const sorted = kept.toSorted((a, b) => place(a) - place(b));
    return {
      ...frame,
      fields: sorted.map(({ field, name }) => {
        const renamed = text(names[name] ?? names[field.name]);
        return renamed === '' ? field : rename(field, renamed);
      }),
    };
  });
}

/** The field under another name, whatever called it otherwise. */
function rename(field: Field, name: string): Field {
  return { ...field, name, legend: name, config: { ...field.config, displayName: name } };
}

/** Renames what a pattern fits. */
export function renameByRegex(frames: readonly Frame[], options: Options): Frame[] {
  const pattern = parsePattern(text(options['regex'], '(.*)'));
  const replacement = text(options['renamePattern'], '$1');
  if (!pattern) return [...frames];
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const name = nameOf(field, frame, frames);
      const renamed = pattern.test(name) ? name.replace(pattern, replacement) : name;
      return renamed === name ? field : rename(field, renamed);
    }),
  }));
}

/** Keeps the fields that are named or fit a pattern, and drops those that are excluded. */
export function filterFieldsByName(frames: readonly Frame[], options: Options): Frame[] {
  const keep = namer(record(options['include']));
  const drop = namer(record(options['exclude']));
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter((field) => {
        const names = [nameOf(field, frame, frames), field.name];
        const kept = keep === null || names.some(keep);
        return kept && !(drop && names.some(drop));
      }),
    }))
    .filter(({ fields }) => fields.length > 0);
}

function namer(options: Options): ((name: string) => boolean) | null {
  const names = new Set(list(options['names']).map((name) => text(name)));
  const given = text(options['pattern']);
  if (names.size === 0 && given === '') return null;
  const pattern = given === '' ? null : parsePattern(given);
  return (name) => names.has(name) || (pattern?.test(name) ?? false);
}

/** Keeps the answers of some queries. */
export function filterByRefId(frames: readonly Frame[], options: Options): Frame[] {
  const include = text(options['include']);
  const exclude = text(options['exclude']);
  const fits = (given: string) => {
    const pattern = parsePattern(given);
    return (frame: Frame) => pattern?.test(frame.refId) ?? false;
  };
  return frames.filter(
    (frame) => (include === '' || fits(include)(frame)) && (exclude === '' || !fits(exclude)(frame)),
  );
}
