// The canvas: uPlot with our axes, hover and zoom. Loaded with the first graph.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatShort } from '../../lib/number';
import type { Zone } from '../../lib/time';
import { canvasFont, whenTypefaceComes } from '../../lib/typeface';
import { stack, type Aligned } from './align';
import { placesOf, type Place } from '../../plot/place';
import { chartColours } from './palette';

/** What the mouse points at. */
export interface Pointed {
  /** Which of the drawn series. */
  line: number;
  time: number;
  value: number;
  /** Within the plot's element, CSS pixels. */
  left: number;
  top: number;
  width: number;
}

export interface PlotOptions {
  aligned: Aligned;
  colours: readonly string[];
  stacked: boolean;
  shade: 'light' | 'dark';
  zone: Zone;
  onPoint: (pointed: Pointed | null) => void;
  onDraw: (place: Place) => void;
  /** Seconds. */
  onZoom: (from: number, to: number) => void;
}

export interface Plot {
  resize(width: number): void;
  destroy(): void;
}

const HEIGHT = 340;
/** Points of a graph from which on lines are as thin as a canvas strokes fast: one pixel. Wider ones have joints. */
const MANY_POINTS = 15_000;

const FONT_PX = 12;

/** Draws into an element. */
export function drawPlot(host: HTMLElement, options: PlotOptions): Plot {
  const { aligned, stacked } = options;
  const columns = stacked ? stack(aligned.columns) : aligned.columns;
  const plot = new uPlot(
    {
      width: Math.max(200, host.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      ...(options.zone === 'utc' && { tzDate: (s: number) => uPlot.tzDate(new Date(s * 1000), 'UTC') }),
      fmtDate: (template: string) => uPlot.fmtDate(to24Hours(template)),
      scales: { x: { range: (_u, min, max) => [min, max] }, y: { range: yRange(stacked) } },
      axes: [axis(options), { ...axis(options), size: axisSize, values: (_u, ticks) => ticks.map(formatShort) }],
      series: [{}, ...options.colours.map((colour) => line(colour, stacked, columns.length * aligned.times.length > MANY_POINTS))],
      // Each layer of a stack is filled down to the one below it.
      ...(stacked && { bands: columns.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })) }),
      cursor: {
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
      },
      hooks: {
        draw: [(u) => options.onDraw(placesOf(u, 'y'))],
        setCursor: [(u) => options.onPoint(pointAt(u, columns, aligned))],
        setSelect: [(u) => zoom(u, options.onZoom)],
      },
    },
    [aligned.times, ...columns],
    host,
  );
  const stopWaiting = whenTypefaceComes(() => plot.redraw(false));
  return {
    resize: (width) => plot.setSize({ width: Math.max(200, width), height: HEIGHT }),
    destroy() {
      stopWaiting();
      plot.destroy();
    },
  };
}

function axis({ shade }: PlotOptions): uPlot.Axis {
  const { text, grid } = chartColours(shade);
  return {
    stroke: text,
    font: canvasFont(FONT_PX),
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 5 },
  };
}

function line(colour: string, stacked: boolean, thin: boolean): uPlot.Series {
  return {
    stroke: colour,
    width: thin ? 1 : 1.5,
    ...(stacked && { fill: `${colour}70` }),
    // A point without neighbours would be invisible as a line.
    points: { show: false, filter: lonely, size: 4, fill: colour },
  };
}

function lonely(u: uPlot, index: number): number[] {
  const data = u.data[index] ?? [];
  const found: number[] = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i] != null && data[i - 1] == null && data[i + 1] == null) found.push(i);
  }
  return found;
}

// A flat line needs room around it, and a stack starts at zero.
function yRange(stacked: boolean) {
  return (_u: uPlot, min: number | null, max: number | null): [number, number] => {
    if (min === null || max === null) return [0, 1];
    const low = stacked ? Math.min(0, min) : min;
    if (low === max) return max === 0 ? [-1, 1] : [Math.min(0, max * 1.5), Math.max(0, max * 1.5)];
    const [from, to] = uPlot.rangeNum(low, max, 0.08, true);
    return [from ?? low, to ?? max];
  };
}

// As wide as the widest tick takes.
function axisSize(_u: uPlot, ticks: string[] | null): number {
  const longest = Math.max(3, ...(ticks ?? []).map((tick) => tick.length));
  return 18 + longest * 7;
}

// uPlot's templates are American; the order matters, because the shorter ones are parts of others.
function to24Hours(template: string): string {
  return template
    .replace('{h}', '{HH}')
    .replace('{aa}', '')
    .replace('{M}/{D}/{YY}', '{YYYY}-{MM}-{DD}')
    .replace('{M}/{D}', '{DD} {MMM}');
}

function pointAt(u: uPlot, columns: readonly (number | null)[][], aligned: Aligned): Pointed | null {
  const { idx, left = -1, top = -1 } = u.cursor;
  if (idx == null || left < 0 || top < 0) return null;
  let best: Pointed | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (let line = 0; line < columns.length; line++) {
    const drawn = columns[line]?.[idx];
    const value = aligned.columns[line]?.[idx];
    if (drawn == null || value == null) continue;
    const y = u.valToPos(drawn, 'y');
    if (Math.abs(y - top) >= distance) continue;
    distance = Math.abs(y - top);
    const time = aligned.times[idx] ?? 0;
    const x = u.valToPos(time, 'x');
    best = { line, time, value, left: x + u.over.offsetLeft, top: y + u.over.offsetTop, width: u.width };
  }
  return best;
}

function zoom(u: uPlot, onZoom: (from: number, to: number) => void): void {
  const { left, width } = u.select;
  // A click is not a zoom.
  if (width < 4) return;
  onZoom(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
  u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
}
