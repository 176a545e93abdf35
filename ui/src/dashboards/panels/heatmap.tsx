// Buckets over time: the more falls into one, the stronger its colour.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatTimeWithZone, type Zone } from '../../lib/time';
import { useBoard } from '../board';
import { numberOf } from '../data/frame';
import { panelRange } from '../data/questions';
import { rampColour, resolveColour, fade } from '../field/colours';
import { formatUnit } from '../field/units';
import { BottomAxis } from '../plot/svg-axes';
import { countHeat, toHeat, type Heat } from '../plot/heat';
import { momentTicks } from '../plot/ticks';
import { optionRecord, type PanelProps } from './props';

const AXIS_PX = 22;

/** The panel. */
export function Heatmap({ panel, data, filling, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const range = panelRange(panel, filling);
  const counted = panel.options['calculate'] === true;
  const heat = useMemo(
    () => (counted ? countHeat(data.frames, width / 8) : toHeat(data.frames)),
    [data.frames, counted, width],
  );
  const unit = String(optionRecord(panel, 'yAxis')['unit'] ?? panel.fieldConfig.defaults.unit ?? 'short');
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<{ row: number; column: number; x: number; y: number } | null>(null);
  const colour = useMemo(() => colourer(panel, heat, shade), [panel, heat, shade]);
  const names = useMemo(() => heat?.rows.map((name) => nameRow(name, unit, zone)) ?? [], [heat, unit, zone]);
  const left = Math.min(width * 0.3, 14 + Math.max(2, ...names.map(({ length }) => length)) * 6.4);
  const box = { left, top: 4, right: width - 8, bottom: height - AXIS_PX - 16 };
  const place = (ms: number) => ((ms - range.fromMs) / (range.toMs - range.fromMs)) * (box.right - box.left);

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !heat) return;
    const ratio = devicePixelRatio;
    const [wide, high] = [box.right - box.left, box.bottom - box.top];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, wide, high);
    const rowHeight = high / heat.rows.length;
    heat.cells.forEach((cells, row) => {
      cells.forEach((value, column) => {
        if (!Number.isFinite(value) || value === 0) return;
        const at = heat.times[column] ?? 0;
        const [from, to] = [Math.max(0, place(at)), Math.min(wide, place(at + heat.stepMs))];
        if (to <= from) return;
        context.fillStyle = colour(value);
        context.fillRect(
          from,
          high - (row + 1) * rowHeight,
          Math.max(0.6, to - from - (to - from > 5 ? 1 : 0)),
          rowHeight - (rowHeight > 5 ? 1 : 0),
        );
      });
    });
  }, [heat, colour, width, height, left, range.fromMs, range.toMs]);

  if (!heat || heat.most === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const [wide, high] = [Math.max(10, box.right - box.left), Math.max(10, box.bottom - box.top)];
  const rowHeight = high / heat.rows.length;
  const skip = Math.ceil(14 / rowHeight);
  const point = (event: MouseEvent) => {
    const [x, y] = [event.offsetX, event.offsetY];
    const at = range.fromMs + (x / wide) * (range.toMs - range.fromMs);
    const column = heat.times.findLastIndex((time) => time <= at);
    setPointed({ row: heat.rows.length - 1 - Math.floor(y / rowHeight), column, x: x + left, y });
  };
  const value = pointed ? (heat.cells[pointed.row]?.[pointed.column] ?? Number.NaN) : Number.NaN;
  return (
    <div class="dash-heat" style={{ height: `${height}px` }}>
      <canvas
        ref={canvas}
        class="dash-heat-canvas"
        width={wide * devicePixelRatio}
        height={high * devicePixelRatio}
        style={{ left: `${left}px`, top: `${box.top}px`, width: `${wide}px`, height: `${high}px` }}
        role="img"
        aria-label={`Heatmap of ${heat.rows.length} buckets: ${panel.title}. Its values as text: Show as table in the panel's menu.`}
        onMouseMove={point}
        onMouseLeave={() => setPointed(null)}
      />
      <svg width={width} height={height} aria-hidden="true">
        {names.map(
          (name, row) =>
            row % skip === 0 && (
              <text
                key={row}
                class="dash-axis-text"
                x={left - 6}
                y={box.bottom - (row + 0.5) * rowHeight + 4}
                text-anchor="end"
              >
                {name}
              </text>
            ),
        )}
        <BottomAxis
          frame={box}
          ticks={momentTicks(range.fromMs, range.toMs, wide, zone).map(({ at, text }) => ({
            x: left + place(at),
            text,
          }))}
        />
        <Scale heat={heat} colour={colour} x={left} y={height - 14} width={Math.min(180, wide)} />
      </svg>
      {pointed && Number.isFinite(value) && (
        <div
          class="dash-tooltip"
          style={{
            top: `${pointed.y}px`,
            ...(pointed.x > width / 2 ? { right: `${width - pointed.x + 12}px` } : { left: `${pointed.x + 12}px` }),
          }}
        >
          <div class="dash-tooltip-time">{formatTimeWithZone(heat.times[pointed.column] ?? 0, zone)}</div>
          <div class="dash-tooltip-row">
            <span class="dash-tooltip-name">{names[pointed.row]}</span>
            <span class="dash-tooltip-value">
              {formatUnit(panel.fieldConfig.defaults.unit ?? 'short', value, undefined, zone)}
            </span>
          </div>
        </div>
      )}
    </div>
  );
}

function nameRow(name: string, unit: string, zone: Zone): string {
  const bound = numberOf(name);
  return Number.isNaN(bound) ? name : formatUnit(unit, bound, undefined, zone);
}

const SCALE_STEPS = 24;

/** What the colours mean. */
function Scale({
  heat,
  colour,
  x,
  y,
  width,
}: {
  heat: Heat;
  colour: (value: number) => string;
  x: number;
  y: number;
  width: number;
}) {
  const part = (width - 70) / SCALE_STEPS;
  return (
    <g>
      <text class="dash-axis-text" x={x} y={y + 9}>
        {formatUnit('short', heat.least, undefined, 'utc')}
      </text>
      {Array.from({ length: SCALE_STEPS }, (_, i) => (
        <rect
          key={i}
          x={x + 35 + i * part}
          y={y}
          width={part + 0.5}
          height={9}
          fill={colour(heat.least + ((heat.most - heat.least) * i) / (SCALE_STEPS - 1))}
        />
      ))}
      <text class="dash-axis-text" x={x + width - 28} y={y + 9}>
        {formatUnit('short', heat.most, undefined, 'utc')}
      </text>
    </g>
  );
}

function colourer(panel: PanelProps['panel'], heat: Heat | null, shade: 'light' | 'dark'): (value: number) => string {
  const color = optionRecord(panel, 'color');
  const given = (name: string, otherwise: number) => (typeof color[name] === 'number' ? color[name] : otherwise);
  const least = given('min', heat?.least ?? 0);
  const most = given('max', heat?.most ?? 1);
  const exponent = given('exponent', 0.5);
  const steps = Math.max(2, given('steps', 64));
  const share = (value: number) => {
    const exact = most > least ? (value - least) / (most - least) : 1;
    return Math.round(Math.max(0, Math.min(1, exact)) * (steps - 1)) / (steps - 1);
  };
  if (color['mode'] === 'opacity') {
    const fill = resolveColour(typeof color['fill'] === 'string' ? color['fill'] : 'dark-orange', shade);
    return (value) => fade(fill, 0.08 + 0.92 * share(value) ** exponent);
  }
  const scheme = typeof color['scheme'] === 'string' ? color['scheme'] : 'Oranges';
  return (value) => rampColour(scheme, color['reverse'] === true ? 1 - share(value) : share(value) ** exponent, shade);
}
