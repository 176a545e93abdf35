// A heatmap as it is drawn: cells on a canvas, axes, what the colours mean, and what is pointed at.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatTimeWithZone, type Zone } from '../lib/time';
import type { Heat } from './heat';
import type { Over, Place } from './place';
import { BottomAxis } from './svg-axes';
import { momentTicks } from './ticks';

/** Room for the moments below, and for the scale of colours below these. */
const AXIS_PX = 22;
const SCALE_PX = 16;

/** Room that a character of an axis takes, about. */
const CHARACTER_PX = 6.4;

/** Cells wider or higher than this have a gap between them. */
const GAP_FROM_PX = 8;

interface Props {
  heat: Heat;
  /** What stands beside the rows, and what a pointed row is called. */
  names: readonly string[];
  bounds: readonly string[];
  /** How counts are written; the scale of colours has them shorter. */
  write: (value: number) => string;
  short: (value: number) => string;
  colour: (value: number) => string;
  fromMs: number;
  toMs: number;
  zone: Zone;
  width: number;
  height: number;
  label: string;
  /** In which row a value lies, with the part of the row below it; -1 below all, the number of rows above all. */
  rowAt?: (value: number) => number;
  children?: Over;
}

/** The picture. */
export function HeatPicture({ heat, names, bounds, write, short, colour, fromMs, toMs, zone, width, height, label, rowAt, children }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<{ row: number; column: number; x: number; y: number } | null>(null);
  const left = Math.min(width * 0.3, 14 + Math.max(2, ...names.map(({ length }) => length)) * CHARACTER_PX);
  const box = { left, top: 4, right: width - 8, bottom: height - AXIS_PX - SCALE_PX };
  const [wide, high] = [Math.max(10, box.right - box.left), Math.max(10, box.bottom - box.top)];
  const rowHeight = high / heat.rows.length;
  const place = (ms: number) => ((ms - fromMs) / (toMs - fromMs)) * wide;

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context) paint(context, heat, wide, high, place, colour);
  }, [heat, colour, wide, high, fromMs, toMs]);

  const skip = Math.ceil(14 / rowHeight);
  const point = ({ offsetX: x, offsetY: y }: MouseEvent) => {
    const at = fromMs + (x / wide) * (toMs - fromMs);
    const column = heat.times.findLastIndex((time) => time <= at);
    setPointed({ row: heat.rows.length - 1 - Math.floor(y / rowHeight), column, x: x + left, y });
  };
  const value = pointed ? (heat.cells[pointed.row]?.[pointed.column] ?? Number.NaN) : Number.NaN;
  const placeOf: Place = (time, value) => {
    const row = rowAt?.(value) ?? -1;
    const beyond = row < 0 || row >= heat.rows.length;
    const inside = Math.max(0, Math.min(heat.rows.length, row));
    return { left: left + place(time * 1000), top: box.top + high - inside * rowHeight, beyond };
  };
  return (
    <>
      <div class="heat" style={{ height: `${height}px` }}>
        <canvas
          ref={canvas}
          class="heat-canvas"
          width={wide * devicePixelRatio}
          height={high * devicePixelRatio}
          style={{ left: `${left}px`, top: `${box.top}px`, width: `${wide}px`, height: `${high}px` }}
          role="img"
          aria-label={label}
          onMouseMove={point}
          onMouseLeave={() => setPointed(null)}
        />
        <svg width={width} height={height} aria-hidden="true">
          {names.map(
            (name, row) =>
              row % skip === 0 && (
                <text key={row} class="axis-text" x={left - 6} y={box.bottom - (row + 0.5) * rowHeight + 4} text-anchor="end">
                  {name}
                </text>
              ),
          )}
          <BottomAxis
            frame={box}
            ticks={momentTicks(fromMs, toMs, wide, zone).map(({ at, text }) => ({ x: left + place(at), text }))}
          />
          <Scale heat={heat} colour={colour} write={short} x={left} y={height - 14} />
        </svg>
        {pointed && Number.isFinite(value) && (
          <div
            class="tooltip"
            style={{
              top: `${pointed.y}px`,
              ...(pointed.x > width / 2 ? { right: `${width - pointed.x + 12}px` } : { left: `${pointed.x + 12}px` }),
            }}
          >
            <div class="tooltip-time">{formatTimeWithZone(heat.times[pointed.column] ?? 0, zone)}</div>
            {bounds[pointed.row]} <strong>{write(value)}</strong>
          </div>
        )}
      </div>
      {children && children(placeOf, width)}
    </>
  );
}

/** Draws the cells, the lowest row at the bottom. */
function paint(
  context: CanvasRenderingContext2D,
  heat: Heat,
  wide: number,
  high: number,
  place: (ms: number) => number,
  colour: (value: number) => string,
): void {
  const rowHeight = high / heat.rows.length;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, wide, high);
  heat.cells.forEach((cells, row) => {
    cells.forEach((value, column) => {
      if (!Number.isFinite(value) || value === 0) return;
      const at = heat.times[column] ?? 0;
      const [from, to] = [Math.max(0, place(at)), Math.min(wide, place(at + heat.stepMs))];
      if (to <= from) return;
      // On whole pixels, so that neighbours meet without a seam.
      const start = Math.round(from);
      context.fillStyle = colour(value);
      context.fillRect(
        start,
        high - (row + 1) * rowHeight,
        Math.max(1, Math.round(to) - start - (to - from > GAP_FROM_PX ? 1 : 0)),
        rowHeight - (rowHeight > GAP_FROM_PX ? 1 : 0),
      );
    });
  });
}

const SCALE_STEPS = 24;
const SCALE_STEP_PX = 4;

/** What the colours mean. */
function Scale({ heat, colour, write, x, y }: {
  heat: Heat;
  colour: (value: number) => string;
  write: (value: number) => string;
  x: number;
  y: number;
}) {
  const least = write(heat.least);
  const start = x + least.length * CHARACTER_PX + 6;
  return (
    <g>
      <text class="axis-text" x={x} y={y + 9}>
        {least}
      </text>
      {Array.from({ length: SCALE_STEPS }, (_, i) => (
        <rect
          key={i}
          x={start + i * SCALE_STEP_PX}
          y={y}
          width={SCALE_STEP_PX + 0.5}
          height={9}
          fill={colour(heat.least + ((heat.most - heat.least) * i) / (SCALE_STEPS - 1))}
        />
      ))}
      <text class="axis-text" x={start + SCALE_STEPS * SCALE_STEP_PX + 6} y={y + 9}>
        {write(heat.most)}
      </text>
    </g>
  );
}
