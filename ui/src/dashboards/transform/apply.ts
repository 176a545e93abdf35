// All transformations of a panel, in their order.
import type { Frame } from '../data/frame';
import { frameMatcher } from '../field/matchers';
import type { Transformation } from '../model';
import { calculateField } from './calculate';
import { filterByRefId, filterFieldsByName, organize, renameByRegex } from './fields';
import { concatenate, joinByField, merge, seriesToRows } from './join';
import type { Options } from './options';
import { filterByValue, groupBy, limit, sortBy } from './rows';
import { filterFields, partitionByValues, prepareTimeSeries } from './split';
import { configFromData, convertFieldType, extractFields, labelsToFields, reduce, timeSeriesTable } from './shape';

const KNOWN: Readonly<Record<string, (frames: readonly Frame[], options: Options) => Frame[]>> = {
  organize,
  merge,
  joinByField,
  seriesToColumns: joinByField,
  seriesToRows,
  concatenate,
  renameByRegex,
  filterFieldsByName,
  filterByName: filterFieldsByName,
  filterByRefId,
  filterByValue,
  groupBy,
  sortBy,
  limit,
  calculateField,
  reduce,
  labelsToFields,
  timeSeriesTable,
  extractFields,
  convertFieldType,
  configFromData,
  partitionByValues,
  prepareTimeSeries,
  filterFields,
};

/** The frames after all of them; one that nobody knows changes nothing, which the panel's problems say. */
export function transform(frames: readonly Frame[], transformations: readonly Transformation[]): Frame[] {
  let now = [...frames];
  for (const { id, disabled, filter, options } of transformations) {
    const run = KNOWN[id];
    if (disabled || !run) continue;
    if (filter) {
      const fits = frameMatcher(filter);
      now = [...now.filter((frame) => !fits(frame)), ...run(now.filter(fits), options)];
    } else {
      now = run(now, options);
    }
  }
  return now;
}
