// The canvas of a time series panel: uPlot with axes by unit, thresholds and marks.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Zone } from '../../lib/time';
import { whenTypefaceComes } from '../../lib/typeface';
import { placesOf, type Place } from '../../plot/place';
import type { Mark } from '../data/marks';
import { fade, type Shade } from '../../plot/colours';
import { customNumber, customRecord, customText } from '../field/config';
import { crosshair } from './crosshair';
import { scaleKey, type Column, type Line } from './lines';
import { drawMarks, drawThresholds } from './overlays';
import { timeAxis, valueAxis } from './canvas-axes';
import { groupByScale, scaleOf } from './scales';

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
  onDraw: (place: Place) => void;
  onZoom: (fromMs: number, toMs: number) => void;
}

export interface Plot {
  update: (options: Pick<PlotOptions, 'times' | 'columns' | 'fromMs' | 'toMs' | 'marks'>) => void;
  resize: (width: number, height: number) => void;
  /** Points at a value of a line, as the mouse would; at nothing where there is no line. */
  pointTo: (index: number, line: number | null) => void;
  destroy: () => void;
}

/** Points of a graph from which on lines are one pixel wide, which a canvas strokes several times as fast. */
const MANY_POINTS = 15_000;

/** Room for half of the last moment on the axis, which stands below the plot's edge. */
const HALF_LABEL_PX = 18;

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
      padding: [8, groups.some(({ side }) => side === 1) ? 0 : HALF_LABEL_PX, 0, groups.some(({ side }) => side === 3) ? 0 : 10],
      scales: {
        x: { range: () => [fromMs / 1000, toMs / 1000] },
        ...Object.fromEntries(groups.map((group) => [group.key, scaleOf(group)])),
      },
      axes: [
        timeAxis(options),
        ...groups.filter(({ hidden }) => !hidden).map((group, i) => valueAxis(group, options, i === 0)),
      ],
      series: [{}, ...options.lines.map((line, i) => series(line, options.colours[i] ?? '#888888', options))],
      bands: options.bands.map(([upper, lower]) => ({ series: [upper + 1, lower + 1] })),
      cursor: { points: { show: false }, drag: { x: true, y: false, setScale: false }, y: false },
      hooks: {
        drawClear: [(u) => drawMarks(u, marks, options.shade)],
        draw: [
          (u) => drawThresholds(u, groups, options.shade),
          (u) => options.onDraw(placesOf(u, groups[0]?.key ?? 'y')),
        ],
        setCursor: [(u) => point(u)],
        setSelect: [(u) => zoom(u)],
      },
    },
    [options.times, ...options.columns] as uPlot.AlignedData,
    host,
  );
  let following = false;
  let exact: number | null = null;
  const point = (u: uPlot): void => {
    const pointed = pointAt(u, options.lines.length);
    const nearest = following ? -1 : (exact ?? pointed?.nearest ?? -1);
    options.onPoint(pointed && { ...pointed, nearest });
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
    plot.setCursor(
      now ? { left: plot.valToPos(now.time, 'x'), top: plot.over.clientHeight / 2 } : { left: -10, top: -10 },
    );
    following = false;
  };
  const leave = options.shared ? crosshair.subscribe(follow) : () => undefined;
  const stopWaiting = whenTypefaceComes(() => plot.redraw(false));
  return {
    update(next) {
      ({ fromMs, toMs, marks } = next);
      plot.setData([next.times, ...next.columns] as uPlot.AlignedData);
    },
    resize: (width, height) => plot.setSize({ width, height }),
    pointTo(index, line) {
      const value = line === null ? null : plot.data[line + 1]?.[index];
      const key = line === null ? null : plot.series[line + 1]?.scale;
      exact = line;
      plot.setCursor(
        value == null || !key
          ? { left: -10, top: -10 }
          : { left: plot.valToPos(plot.data[0][index] ?? 0, 'x'), top: plot.valToPos(value, key) },
      );
      exact = null;
    },
    destroy() {
      leave();
      stopWaiting();
      if (crosshair.get()?.source === source) crosshair.set(null);
      plot.destroy();
    },
  };
}

function series({ field }: Line, colour: string, { lines, times }: PlotOptions): uPlot.Series {
  const style = customText(field, 'drawStyle', 'line');
  const opacity = customNumber(field, 'fillOpacity', 0) / 100;
  const width = customNumber(field, 'lineWidth', lines.length * times.length > MANY_POINTS ? 1 : 1.5);
  const points = customText(field, 'showPoints', 'auto');
  const dash = customRecord(field, 'lineStyle');
  const dashes =
    dash['fill'] === 'dash' || dash['fill'] === 'dot'
      ? Array.isArray(dash['dash'])
        ? dash['dash'].map(Number)
        : [8, 6]
      : undefined;
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
      ...(style === 'points' || points === 'always'
        ? { show: true }
        : { show: false, filter: style === 'bars' || points === 'never' ? () => null : lonely }),
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
  return {
    index: idx,
    time,
    left: u.valToPos(time, 'x') + u.over.offsetLeft,
    top: top + u.over.offsetTop,
    width: u.width,
    nearest,
  };
}
