// The axes of a plot: time below, values on both sides, by unit.
import type uPlot from 'uplot';
import type { Zone } from '../../lib/time';
import { canvasFont } from '../../lib/typeface';
import { chartColours } from '../../query/graph/palette';
import { customText } from '../field/config';
import type { Shade } from '../field/colours';
import { textOfShown } from '../field/display';
import { unitOf } from '../field/units';
import type { ScaleGroup } from './scales';
import { momentText } from '../../plot/ticks';

const FONT_PX = 11;

/** Room that a character takes: a figure, and a little of what is wider. */
const CHARACTER_PX = 7;

/** What axes need to know of the page. */
export interface AxisLook {
  shade: Shade;
  zone: Zone;
}

function axisLook(shade: Shade): Pick<uPlot.Axis, 'stroke' | 'font' | 'labelFont' | 'ticks'> {
  const { text, grid } = chartColours(shade);
  const font = canvasFont(FONT_PX);
  return { stroke: text, font, labelFont: font, ticks: { stroke: grid, width: 1, size: 4 } };
}

/** Moments, round in the zone. */
export function timeAxis({ shade, zone }: AxisLook): uPlot.Axis {
  const { grid } = chartColours(shade);
  return {
    ...axisLook(shade),
    grid: { stroke: grid, width: 1 },
    size: 26,
    gap: 4,
    space: 76,
    splits: (_u, _axis, from, to, step) => roundMoments(from, to, step, zone),
    values: (_u, splits, _axis, _space, step) => splits.map((at) => momentText(at * 1000, step * 1000, zone)),
  };
}

/** Units of 1024 have their round numbers there. */
const BINARY_UNITS = /^(bytes|bits|[kmgtp]bytes|binBps|binbps|[KMGTP]ibits|[KMGTP]iBs)$/;
const BINARY_STEPS = Array.from({ length: 70 }, (_, i) => 2 ** (i - 9));

/** Steps that a document's decimals can show apart, where the unit leaves the number as it is. */
function stepsOf(unit: string, decimals: number | undefined): Pick<uPlot.Axis, 'incrs'> {
  if (BINARY_UNITS.test(unit)) return { incrs: BINARY_STEPS };
  const scaled = SPAN_UNITS.test(unit);
  if (decimals === undefined || scaled) return {};
  const least = unit === 'percentunit' ? -decimals - 2 : -decimals;
  return { incrs: DECIMAL_STEPS.filter((step) => step > 10 ** least * 0.99) };
}

const SPAN_UNITS = /^([nµum]?s|[mhd]|dt.*|date.*|clock.*|timeticks)$/;
const DECIMAL_STEPS = Array.from({ length: 20 }, (_, i) => [1, 2, 5].map((digit) => digit * 10 ** (i - 8))).flat();

/** uPlot counts in UTC; days begin at midnight of the zone. */
function roundMoments(from: number, to: number, step: number, zone: Zone): number[] {
  const offset = zone === 'utc' || step < 3600 ? 0 : new Date(from * 1000).getTimezoneOffset() * 60;
  const splits: number[] = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) splits.push(at);
  return splits;
}

/** Values of one unit; the first axis draws the lines across. */
export function valueAxis(group: ScaleGroup, { shade, zone }: AxisLook, first: boolean): uPlot.Axis {
  const { grid } = chartColours(shade);
  const field = group.lines[0]?.field;
  const label = field ? customText(field, 'axisLabel', '') : '';
  const write = unitOf(group.rules.percent ? 'percentunit' : field?.config.unit);
  const decimals = field?.config.decimals;
  return {
    ...axisLook(shade),
    scale: group.key,
    side: group.side,
    grid: { show: first && field?.config.custom?.['axisGridShow'] !== false, stroke: grid, width: 1 },
    ...(label !== '' && { label, labelSize: 20, labelGap: 0 }),
    gap: 4,
    space: 32,
    ...(!group.rules.log && stepsOf(field?.config.unit ?? '', decimals)),
    size: (_u, texts) => 12 + Math.max(2, ...(texts ?? []).map((text) => text.length)) * CHARACTER_PX,
    values: (_u, splits) => alike(splits.map((at) => (at === null ? '' : textOfShown(write(at, decimals, zone))))),
  };
}

/** `0.500` beside `1` and `1.50`: zeros that no tick needs go. */
function alike(texts: string[]): string[] {
  const parts = texts.map((text) => /^([^\d]*\d+)\.(\d+)(.*)$/s.exec(text));
  const needed = Math.max(0, ...parts.map((part) => (part?.[2] ?? '').replace(/0+$/, '').length));
  return texts.map((text, i) => {
    const part = parts[i];
    if (!part) return text;
    const kept = (part[2] ?? '').slice(0, needed);
    return `${part[1]}${kept === '' ? '' : `.${kept}`}${part[3]}`;
  });
}
