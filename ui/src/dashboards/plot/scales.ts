// The range of an axis of values, and how wide its labels are.
import uPlot from 'uplot';
import type { Field } from '../data/frame';
import { customNumber, customRecord, customText } from '../field/config';
import { scaleKey, stackingOf, type Line } from './lines';

/** What a document says of an axis. */
export interface ScaleRules {
  min: number | undefined;
  max: number | undefined;
  softMin: number | undefined;
  softMax: number | undefined;
  log: 2 | 10 | null;
  /** Logarithmic to both sides of zero. */
  bothWays: boolean;
  symmetric: boolean;
  /** Surfaces and bars stand on zero. */
  fromZero: boolean;
  percent: boolean;
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** The rules of the lines of one axis; the first one speaks for all. */
function rulesOf(lines: readonly Line[]): ScaleRules {
  const first = lines[0]?.field;
  const custom = (name: string) => (first ? finite(customNumber(first, name, Number.NaN)) : undefined);
  const distribution = first ? customRecord(first, 'scaleDistribution') : {};
  const percent = lines.some(({ field }) => stackingOf(field).mode === 'percent');
  return {
    min: first?.config.min ?? (percent ? 0 : undefined),
    max: first?.config.max ?? (percent ? 1 : undefined),
    softMin: custom('axisSoftMin'),
    softMax: custom('axisSoftMax'),
    log: distribution['type'] === 'log' ? (distribution['log'] === 2 ? 2 : 10) : null,
    bothWays: distribution['type'] === 'symlog',
    symmetric: first?.config.custom?.['axisCenteredZero'] === true,
    fromZero: lines.some(({ field }) => standsOnZero(field)),
    percent,
  };
}

function standsOnZero(field: Field): boolean {
  return (
    customText(field, 'drawStyle', 'line') === 'bars' ||
    customNumber(field, 'fillOpacity', 0) > 0 ||
    stackingOf(field).mode !== 'none'
  );
}

/** The range for what the data reach. */
export function rangeOf(rules: ScaleRules, dataMin: number | null, dataMax: number | null): [number, number] {
  const { min, max, softMin, softMax, log, symmetric, fromZero } = rules;
  if (log) {
    const low = Math.max(min ?? dataMin ?? 1, Number.MIN_VALUE * 1e20);
    const [from, to] = uPlot.rangeLog(low, Math.max(max ?? dataMax ?? 10, low * log), log, true);
    return [min && min > 0 ? min : (from ?? 1), max ?? to ?? 10];
  }
  let low = Math.min(dataMin ?? 0, softMin ?? Number.POSITIVE_INFINITY);
  let high = Math.max(dataMax ?? 1, softMax ?? Number.NEGATIVE_INFINITY);
  if (fromZero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (symmetric) [low, high] = [-Math.max(Math.abs(low), Math.abs(high)), Math.max(Math.abs(low), Math.abs(high))];
  if (low === high) {
    // A flat line needs room around it.
    const room = low === 0 ? 1 : Math.abs(low) * 0.2;
    [low, high] = low >= 0 ? [Math.max(0, low - room), high + room] : [low - room, high + room];
  }
  const pad = (high - low) * 0.06;
  const touchesZero = (value: number) => value === 0 || value === softMin || value === softMax;
  const from = min ?? (touchesZero(low) ? low : low > 0 && low - pad < 0 ? 0 : low - pad);
  const to = max ?? (touchesZero(high) ? high : high + pad);
  return from < to ? [from, to] : [from, from + 1];
}

/** Lines that share an axis. */
export interface ScaleGroup {
  key: string;
  lines: Line[];
  rules: ScaleRules;
  /** uPlot's side: 3 left, 1 right. */
  side: 1 | 3;
  hidden: boolean;
}

/** The axes of a plot, in the order of their first lines. */
export function groupByScale(lines: readonly Line[]): ScaleGroup[] {
  const groups = new Map<string, Line[]>();
  for (const line of lines) groups.set(scaleKey(line.field), [...(groups.get(scaleKey(line.field)) ?? []), line]);
  if (groups.size === 0) groups.set('none', []);
  let first = true;
  return [...groups].map(([key, own]) => {
    const placement = own[0] ? customText(own[0].field, 'axisPlacement', 'auto') : 'auto';
    const right = placement === 'right' || (placement === 'auto' && !first);
    first = false;
    return { key, lines: own, rules: rulesOf(own), side: right ? 1 : 3, hidden: placement === 'hidden' };
  });
}

/** The scale of uPlot's. */
export function scaleOf({ rules }: ScaleGroup): uPlot.Scale {
  return {
    ...(rules.log && { distr: 3, log: rules.log }),
    ...(rules.bothWays && { distr: 4 }),
    range: (_u, min, max) => rangeOf(rules, min, max),
  };
}
