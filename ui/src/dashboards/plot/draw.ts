// The canvas of a time series panel: uPlot with axes by unit, thresholds and marks.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Zone } from '../../lib/time';
import { chartColours } from '../../query/graph/palette';
import type { Mark } from '../data/annotations';
import type { Shade } from '../field/colours';
import { fade, resolveColour } from '../field/colours';
import { customNumber, customRecord, customText } from '../field/config';
import { textOfShown } from '../field/display';
import { absoluteSteps } from '../field/thresholds';
import { unitOf } from '../field/units';
import { crosshair } from './crosshair';
import { scaleKey, type Column, type Line } from './lines';
import { rangeOf, rulesOf, type ScaleRules } from './scales';
import { momentText } from './ticks';

/** What the mouse, or another graph's, points at. */
export interface Pointed {
  index: number;
  /** Seconds. */
  time: number;
  left: number;
  top: number;
  width: number;
  /** Which line is nearest; -1 where the mouse is over another graph. */
  nearest: number;
}

export interface PlotOptions {
  times: number[];
  lines: readonly Line[];
  /** Stacked where they are stacked. */
  columns: readonly Column[];
  bands: readonly (readonly [number, number])[];
  colours: readonly string[];
  fromMs: number;
  toMs: number;
  width: number;
  height: number;
  shade: Shade;
  zone: Zone;
  marks: readonly Mark[];
  /** Whether other graphs show where this one is pointed at. */
  shared: boolean;
  onPoint: (pointed: Pointed | null) => void;
  onZoom: (fromMs: number, toMs: number) => void;
}

export interface Plot {
  update: (options: Pick<PlotOptions, 'times' | 'columns' | 'fromMs' | 'toMs' | 'marks'>) => void;
  resize: (width: number, height: number) => void;
  destroy: () => void;
}

const FONT = '11px system-ui, sans-serif';

/** Draws into an element. */
export function drawPlot(host: HTMLElement, options: PlotOptions): Plot {
  let { fromMs, toMs, marks } = options;
  const source = {};
  const groups = groupByScale(options.lines);
  const plot = new uPlot(
    {
      width: options.width,
      height: options.height,
      legend: { show: false },
      padding: [8, groups.some(({ side }) => side === 1) ? 0 : 10, 0, groups.some(({ side }) => side === 3) ? 0 : 10],
      scales: { x: { range: () => [fromMs / 1000, toMs / 1000] }, ...Object.fromEntries(groups.map((group) => [group.key, scale(group)])) },
      axes: [timeAxis(options), ...groups.filter(({ hidden }) => !hidden).map((group, i) => valueAxis(group, options, i === 0))],
      series: [{}, ...options.lines.map((line, i) => series(line, options.colours[i] ?? '#888888', options))],
      bands: options.bands.map(([upper, lower]) => ({ series: [upper + 1, lower + 1] })),
      cursor: { points: { show: false }, drag: { x: true, y: false, setScale: false }, y: false },
      hooks: {
        drawClear: [(u) => drawMarks(u, marks, options.shade)],
        draw: [(u) => drawThresholds(u, groups, options.shade)],
        setCursor: [(u) => point(u)],
        setSelect: [(u) => zoom(u)],
      },
    },
    [options.times, ...options.columns] as uPlot.AlignedData,
    host,
  );
  let following = false;
  const point = (u: uPlot): void => {
    const pointed = pointAt(u, options.lines.length);
    options.onPoint(following && pointed ? { ...pointed, nearest: -1 } : pointed);
    if (!options.shared || following) return;
    if (pointed) crosshair.set({ time: pointed.time, source });
    else if (crosshair.get()?.source === source) crosshair.set(null);
  };
  const zoom = (u: uPlot): void => {
    const { left, width } = u.select;
    // A click is not a zoom.
    if (width < 4) return;
    options.onZoom(Math.round(u.posToVal(left, 'x') * 1000), Math.round(u.posToVal(left + width, 'x') * 1000));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  };
  const follow = (): void => {
    const now = crosshair.get();
    if (now?.source === source) return;
    following = true;
    plot.setCursor(now ? { left: plot.valToPos(now.time, 'x'), top: plot.over.clientHeight / 2 } : { left: -10, top: -10 });
    following = false;
  };
  const leave = options.shared ? crosshair.subscribe(follow) : () => undefined;
  return {
    update(next) {
      ({ fromMs, toMs, marks } = next);
      plot.setData([next.times, ...next.columns] as uPlot.AlignedData);
    },
    resize: (width, height) => plot.setSize({ width, height }),
    destroy() {
      leave();
      if (crosshair.get()?.source === source) crosshair.set(null);
      plot.destroy();
    },
  };
}

interface ScaleGroup {
  key: string;
  lines: Line[];
  rules: ScaleRules;
  /** uPlot's side: 3 left, 1 right. */
  side: 1 | 3;
  hidden: boolean;
}

function groupByScale(lines: readonly Line[]): ScaleGroup[] {
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

function scale({ rules }: ScaleGroup): uPlot.Scale {
  return {
    ...(rules.log && { distr: 3, log: rules.log }),
    ...(rules.bothWays && { distr: 4 }),
    range: (_u, min, max) => rangeOf(rules, min, max),
  };
}

function axisLook(shade: Shade): Pick<uPlot.Axis, 'stroke' | 'font' | 'labelFont' | 'ticks'> {
  const { text, grid } = chartColours(shade);
  return { stroke: text, font: FONT, labelFont: FONT, ticks: { stroke: grid, width: 1, size: 4 } };
}

function timeAxis({ shade, zone }: PlotOptions): uPlot.Axis {
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

function valueAxis(group: ScaleGroup, { shade, zone }: PlotOptions, first: boolean): uPlot.Axis {
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
    size: (_u, texts) => 12 + Math.max(2, ...(texts ?? []).map((text) => text.length)) * 6.2,
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

function series({ field }: Line, colour: string, { lines, times }: PlotOptions): uPlot.Series {
  const style = customText(field, 'drawStyle', 'line');
  const opacity = customNumber(field, 'fillOpacity', 0) / 100;
  const width = customNumber(field, 'lineWidth', lines.length > 60 ? 1 : 1.5);
  const points = customText(field, 'showPoints', 'auto');
  const dash = customRecord(field, 'lineStyle');
  const dashes = dash['fill'] === 'dash' || dash['fill'] === 'dot' ? (Array.isArray(dash['dash']) ? dash['dash'].map(Number) : [8, 6]) : undefined;
  const stepped = pathsOf(field, style, times);
  return {
    scale: scaleKey(field),
    stroke: colour,
    width: style === 'points' ? 0 : width,
    spanGaps: field.config.custom?.['spanNulls'] === true,
    ...(style !== 'points' && opacity > 0 && { fill: fillOf(field, colour, opacity) }),
    ...(dashes && { dash: dashes }),
    ...(stepped && { paths: stepped }),
    points: {
      size: customNumber(field, 'pointSize', 5),
      fill: colour,
      // A point without neighbours would be invisible as a line.
      ...(style === 'points' || points === 'always' ? { show: true } : { show: false, filter: style === 'bars' || points === 'never' ? () => null : lonely }),
    },
  };
}

function pathsOf(field: Line['field'], style: string, times: readonly number[]): uPlot.Series.PathBuilder | null {
  if (style === 'points') return () => null;
  if (style === 'bars') return uPlot.paths.bars?.({ size: [times.length > 1 ? 0.85 : 0.1, 80, 1] }) ?? null;
  switch (customText(field, 'lineInterpolation', 'linear')) {
    case 'smooth':
      return uPlot.paths.spline?.() ?? null;
    case 'stepBefore':
      return uPlot.paths.stepped?.({ align: -1 }) ?? null;
    case 'stepAfter':
      return uPlot.paths.stepped?.({ align: 1 }) ?? null;
    default:
      return null;
  }
}

function fillOf(field: Line['field'], colour: string, opacity: number): uPlot.Series.Fill {
  if (customText(field, 'gradientMode', 'none') === 'none') return fade(colour, opacity);
  return (u) => {
    const { top, height } = u.bbox;
    const gradient = u.ctx.createLinearGradient(0, top, 0, top + height);
    gradient.addColorStop(0, fade(colour, opacity));
    gradient.addColorStop(1, fade(colour, 0.02));
    return gradient;
  };
}

function lonely(u: uPlot, index: number): number[] | null {
  const data = u.data[index] ?? [];
  const found: number[] = [];
  const alone = (from: number, by: number): boolean => {
    let at = from + by;
    while (at >= 0 && at < data.length && data[at] === undefined) at += by;
    return data[at] == null;
  };
  for (let i = 0; i < data.length; i++) {
    if (data[i] != null && alone(i, -1) && alone(i, 1)) found.push(i);
  }
  return found.length > 0 ? found : null;
}

function drawThresholds(u: uPlot, groups: readonly ScaleGroup[], shade: Shade): void {
  for (const { key, lines } of groups) {
    const field = lines[0]?.field;
    const mode = field ? customRecord(field, 'thresholdsStyle')['mode'] : 'off';
    const thresholds = field?.config.thresholds;
    if (!field || !thresholds || typeof mode !== 'string' || mode === 'off') continue;
    const { min = 0, max = 0 } = u.scales[key] ?? {};
    const steps = absoluteSteps(thresholds, field.config.min ?? min, field.config.max ?? max);
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    steps.forEach(({ value, color }, i) => {
      const colour = resolveColour(color, shade);
      const y = u.valToPos(Math.max(value, min), key, true);
      if (mode.includes('area')) {
        const above = u.valToPos(Math.min(steps[i + 1]?.value ?? max, max), key, true);
        ctx.fillStyle = fade(colour, 0.11);
        if (above < y) ctx.fillRect(left, above, width, y - above);
      }
      if ((mode.includes('line') || mode.includes('dashed')) && value > min && value <= max) {
        ctx.strokeStyle = colour;
        ctx.lineWidth = devicePixelRatio * 1.5;
        ctx.setLineDash(mode.includes('dashed') ? [10 * devicePixelRatio, 8 * devicePixelRatio] : []);
        ctx.beginPath();
        ctx.moveTo(left, y);
        ctx.lineTo(left + width, y);
        ctx.stroke();
      }
    });
    ctx.restore();
  }
}

function drawMarks(u: uPlot, marks: readonly Mark[], shade: Shade): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const { fromMs, toMs, color } of marks) {
    const colour = resolveColour(color || 'blue', shade);
    const [from, to] = [u.valToPos(fromMs / 1000, 'x', true), u.valToPos(toMs / 1000, 'x', true)];
    if (to - from >= 1) {
      ctx.fillStyle = fade(colour, 0.12);
      ctx.fillRect(from, top, to - from, height);
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const at of to - from >= 1 ? [from, to] : [from]) {
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, top + height);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.fillStyle = colour;
    ctx.beginPath();
    ctx.moveTo(from - 4 * devicePixelRatio, top + height);
    ctx.lineTo(from + 4 * devicePixelRatio, top + height);
    ctx.lineTo(from, top + height - 6 * devicePixelRatio);
    ctx.fill();
  }
  ctx.restore();
}

function pointAt(u: uPlot, lines: number): Pointed | null {
  const { idx, left = -1, top = -1 } = u.cursor;
  if (idx == null || left < 0 || top < 0) return null;
  let nearest = -1;
  let distance = Number.POSITIVE_INFINITY;
  for (let line = 0; line < lines; line++) {
    const value = u.data[line + 1]?.[idx];
    const key = u.series[line + 1]?.scale;
    if (value == null || !key) continue;
    const away = Math.abs(u.valToPos(value, key) - top);
    if (away < distance) [nearest, distance] = [line, away];
  }
  const time = u.data[0][idx] ?? 0;
  return { index: idx, time, left: u.valToPos(time, 'x') + u.over.offsetLeft, top: top + u.over.offsetTop, width: u.width, nearest };
}
