// The configuration of each field: the panel's defaults, then each override that fits it.
import type { Field, Frame } from '../data/frame';
import type { FieldConfig, FieldOverride } from '../model';
import { fieldMatcher } from './matchers';

/** The frames with their fields configured. */
export function configure(
  frames: readonly Frame[],
  defaults: FieldConfig,
  overrides: readonly FieldOverride[],
): Frame[] {
  const rules = overrides.map(({ matcher, properties }) => ({ fits: fieldMatcher(matcher, frames), properties }));
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field): Field => {
      let config = merge(defaultsFor(field, defaults), field.config);
      for (const { fits, properties } of rules) {
        if (fits(field, frame)) config = merge(config, properties);
      }
      return { ...field, config };
    }),
  }));
}

/** Units and numbers of the defaults are not meant for the column of times. */
function defaultsFor(field: Field, defaults: FieldConfig): FieldConfig {
  if (field.type !== 'time') return defaults;
  const {
    unit: _unit,
    decimals: _decimals,
    displayName: _name,
    min: _min,
    max: _max,
    mappings: _mappings,
    ...rest
  } = defaults;
  return rest;
}

function merge(base: FieldConfig, over: FieldConfig): FieldConfig {
  const custom = over.custom ? { ...base.custom, ...over.custom } : base.custom;
  return { ...base, ...over, ...(custom && { custom }) };
}

/** How a panel draws a field, by a name of Grafana's: a text. */
export function customText(field: Field, name: string, otherwise: string): string {
  const value = field.config.custom?.[name];
  return typeof value === 'string' ? value : otherwise;
}

/** The same for a number. */
export function customNumber(field: Field, name: string, otherwise: number): number {
  const value = field.config.custom?.[name];
  return typeof value === 'number' ? value : otherwise;
}

/** The same for a part with parts of its own. */
export function customRecord(field: Field, name: string): Readonly<Record<string, unknown>> {
  const value = field.config.custom?.[name];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Whether a field is kept out of the picture, the legend or the tooltip. */
export function isHidden(field: Field, from: 'viz' | 'legend' | 'tooltip'): boolean {
  const hideFrom = customRecord(field, 'hideFrom');
  return hideFrom[from] === true;
}
