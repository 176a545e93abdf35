// How a field's values are shown: unit, decimals, mapping and colour.
import type { Zone } from '../../lib/time';
import { numberOf, type Field, type Value } from '../data/frame';
import type { FieldConfig } from '../model';
import { calculate } from './calcs';
import { isContinuous, paletteColour, resolveColour, schemeColour, type Shade } from './colours';
import { mapValue } from './mappings';
import { DEFAULT_THRESHOLDS, thresholdColour } from './thresholds';
import type { Written } from './unit-kinds';
import { unitOf } from './units';

/** One value, ready to be drawn. */
export interface Shown extends Written {
  /** NaN where it is no number. */
  number: number;
  colour: string;
  /** Of the way from the field's least to its most; for gauges and bars. */
  share: number;
  /** Whether a mapping or a threshold chose the colour, rather than the series' place. */
  judged: boolean;
}

export interface Display {
  show: (value: Value) => Shown;
  /** The field's own colour, as a series. */
  colour: string;
  min: number;
  max: number;
}

/** What decides the look of a field besides its configuration. */
export interface Look {
  shade: Shade;
  zone: Zone;
  /** The field's place among its siblings. */
  index: number;
  /** Across all fields, where a panel's bars share a scale. */
  span?: { min: number; max: number } | undefined;
}

/** The text of a value in one piece. */
export function textOfShown({ prefix = '', text, suffix = '' }: Written): string {
  return prefix + text + suffix;
}

/** Prepares a field. */
export function display(field: Field, look: Look): Display {
  const { config } = field;
  const { min, max } = spanOf(field, look);
  const writer = field.type === 'time' ? unitOf(config.unit ?? 'dateTimeAsIso') : unitOf(config.unit);
  const judge = colourOf(config, look, min, max);
  const own = seriesColour(field, config, look, min, max);

  const show = (value: Value): Shown => {
    const number = numberOf(value);
    const share = Number.isFinite(number) && max > min ? (number - min) / (max - min) : 0;
    const mapped = mapValue(value, config.mappings ?? []);
    const colour = mapped?.color ? resolveColour(mapped.color, look.shade) : judge(number, share);
    const written = write(value, number, mapped?.text ?? null);
    return {
      ...written,
      number,
      colour: colour ?? own,
      share: Math.max(0, Math.min(1, share)),
      judged: colour !== null,
    };
  };

  const write = (value: Value, number: number, mapped: string | null): Written => {
    if (mapped !== null) return { text: mapped };
    if (value === null || value === undefined) return { text: config.noValue ?? '–' };
    if (typeof value === 'string' && (Number.isNaN(number) || field.type === 'string')) {
      return { text: value };
    }
    if (typeof value === 'boolean' && !config.unit) return { text: value ? 'true' : 'false' };
    if (Number.isNaN(number) && config.noValue !== undefined) return { text: config.noValue };
    if (!Number.isFinite(number)) return { text: Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf' };
    return writer(number, config.decimals ?? undefined, look.zone);
  };

  return { show, colour: own, min, max };
}

function spanOf(field: Field, { span }: Look): { min: number; max: number } {
  const { min, max, unit } = field.config;
  const percent = unit === 'percent' ? 100 : unit === 'percentunit' ? 1 : null;
  const found = (id: string): number => numberOf(calculate(id, field));
  const least = min ?? span?.min ?? (percent !== null ? 0 : found('min'));
  const most = max ?? span?.max ?? percent ?? found('max');
  return { min: Number.isFinite(least) ? least : 0, max: Number.isFinite(most) ? most : 100 };
}

/** The colour that a value has by its size; null where colours are by series. */
function colourOf(config: FieldConfig, { shade }: Look, min: number, max: number) {
  const mode = config.color?.mode ?? 'thresholds';
  const thresholds = config.thresholds ?? DEFAULT_THRESHOLDS;
  return (value: number, share: number): string | null => {
    if (mode === 'fixed') return resolveColour(config.color?.fixedColor ?? 'text', shade);
    if (isContinuous(mode)) return schemeColour(mode, share, shade);
    if (mode !== 'thresholds') return null;
    return resolveColour(thresholdColour(thresholds, value, min, max), shade);
  };
}

/** The colour that a field has as a line. */
function seriesColour(field: Field, config: FieldConfig, look: Look, min: number, max: number): string {
  const mode = config.color?.mode ?? 'palette-classic';
  if (mode === 'fixed') return resolveColour(config.color?.fixedColor ?? 'green', look.shade);
  if (mode === 'shades') return resolveColour(config.color?.fixedColor ?? 'green', look.shade);
  if (mode === 'palette-classic-by-name') return paletteColour(hash(field.legend ?? field.name), look.shade);
  if (mode === 'thresholds' || isContinuous(mode)) {
    const by = { min: 'min', max: 'max' }[config.color?.seriesBy ?? ''] ?? 'lastNotNull';
    const value = numberOf(calculate(by, field));
    return colourOf(config, look, min, max)(value, max > min ? (value - min) / (max - min) : 0) ?? '#888888';
  }
  return paletteColour(look.index, look.shade);
}

function hash(text: string): number {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

/** The least and the most of all numbers of some fields. */
export function spanOfAll(fields: readonly Field[]): { min: number; max: number } | undefined {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const field of fields) {
    if (field.type !== 'number') continue;
    for (const value of field.values) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return min <= max ? { min, max } : undefined;
}
