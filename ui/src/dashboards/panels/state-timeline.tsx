// States over time: a row for each series, a stretch for each state.
import { useMemo } from 'preact/hooks';
import { useBoard } from '../board';
import { timeField, type Field, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { panelRange } from '../data/questions';
import { isHidden } from '../field/config';
import { textOn } from '../field/colours';
import { display, textOfShown, type Display } from '../field/display';
import { BottomAxis } from '../../plot/svg-axes';
import { toStretches, type Stretch } from '../plot/stretches';
import { momentTicks } from '../../plot/ticks';
import { formatTime } from '../../lib/time';
import type { PanelProps } from './props';

/** Rows and stretches drawn at most. */
const MAX_ROWS = 200;
const MAX_STRETCHES = 4000;

const AXIS_PX = 22;
const LEGEND_PX = 24;
const LEAST_ROW_PX = 16;

interface Row {
  name: string;
  display: Display;
  stretches: Stretch[];
}

/** The panel: equal neighbours are one stretch, or one box a point for `status-history`. */
export function StateTimeline({ panel, data, filling, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const range = panelRange(panel, filling);
  const history = panel.kind === 'status-history';
  const joined = !history && panel.options['mergeValues'] !== false;
  const rows = useMemo(
    () => toRows(data.frames, range.toMs, joined, (field, index) => display(field, { shade, zone, index })),
    [data.frames, range.toMs, joined, shade, zone],
  );
  if (rows.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const legend = panel.options.legend?.show !== false;
  const longest = Math.max(...rows.map(({ name }) => name.length));
  const left = Math.min(width * 0.3, 12 + longest * 6.4);
  const rowHeight = Math.max(LEAST_ROW_PX, (height - AXIS_PX - (legend ? LEGEND_PX : 0)) / rows.length);
  const bottom = rows.length * rowHeight;
  const x = (ms: number) =>
    left +
    ((Math.max(range.fromMs, Math.min(range.toMs, ms)) - range.fromMs) / (range.toMs - range.fromMs)) *
      (width - left - 8);
  const thick = Math.max(8, rowHeight * shareOf(panel.options['rowHeight'], 0.85));
  const texts = panel.options['showValue'] !== 'never';
  return (
    <div
      class="dash-states"
      style={{ height: `${height}px` }}
      tabIndex={0}
      role="group"
      aria-label={panel.title || 'States'}
    >
      <svg
        width={width}
        height={bottom + AXIS_PX}
        role="img"
        aria-label={`States of ${rows.length} series; the panel's menu shows them as a table`}
      >
        <BottomAxis
          frame={{ left, right: width - 8, top: 0, bottom }}
          grid
          ticks={momentTicks(range.fromMs, range.toMs, width - left, zone).map(({ at, text }) => ({ x: x(at), text }))}
        />
        {rows.map((row, i) => {
          const middle = rowHeight * (i + 0.5);
          return (
            <g key={`${row.name} ${i}`}>
              <text class="axis-text" x={left - 6} y={middle + 4} text-anchor="end">
                <title>{row.name}</title>
                {row.name.length > (left - 12) / 6.4 + 1
                  ? `${row.name.slice(0, Math.floor((left - 18) / 6.4))}…`
                  : row.name}
              </text>
              {row.stretches.map((stretch) => {
                const shown = row.display.show(stretch.value);
                const [from, to] = [x(stretch.fromMs), x(stretch.toMs)];
                const text = textOfShown(shown);
                const room = to - from;
                return (
                  <g key={stretch.fromMs}>
                    <rect
                      x={from}
                      y={middle - thick / 2}
                      width={Math.max(1, room - (room < 4 ? 0 : history ? 1.5 : 0.5))}
                      height={thick}
                      fill={shown.colour}
                    >
                      <title>{`${row.name}: ${text}\n${formatTime(stretch.fromMs, zone)} to ${formatTime(stretch.toMs, zone)}`}</title>
                    </rect>
                    {texts && thick >= 12 && room > text.length * 6.6 + 6 && (
                      <text
                        class="dash-state-text"
                        x={from + room / 2}
                        y={middle + 4}
                        text-anchor="middle"
                        fill={textOn(shown.colour)}
                      >
                        {text}
                      </text>
                    )}
                  </g>
                );
              })}
            </g>
          );
        })}
      </svg>
      {legend && <StateLegend rows={rows} />}
    </div>
  );
}

function shareOf(given: unknown, otherwise: number): number {
  return typeof given === 'number' && given > 0 && given <= 1 ? given : otherwise;
}

function StateLegend({ rows }: { rows: readonly Row[] }) {
  const known = new Map<string, string>();
  for (const { display: shape, stretches } of rows) {
    for (const { value } of stretches) {
      const shown = shape.show(value);
      const text = textOfShown(shown);
      if (known.size < 20 && !known.has(text)) known.set(text, shown.colour);
    }
  }
  return (
    <ul class="dash-legend">
      {[...known].map(([text, colour]) => (
        <li key={text}>
          <span class="swatch" style={{ '--swatch': colour }} />
          {text}
        </li>
      ))}
    </ul>
  );
}

function toRows(
  frames: readonly Frame[],
  endMs: number,
  joined: boolean,
  shape: (field: Field, index: number) => Display,
): Row[] {
  const rows: Row[] = [];
  let left = MAX_STRETCHES;
  for (const frame of frames) {
    const time = timeField(frame);
    if (!time) continue;
    for (const field of frame.fields) {
      if (field === time || isHidden(field, 'viz') || rows.length >= MAX_ROWS) continue;
      const show = shape(field, rows.length);
      const stretches = toStretches(time, field, frame.stepMs, endMs, joined, left, (value) =>
        textOfShown(show.show(value)),
      );
      left -= stretches.length;
      rows.push({ name: nameOf(field, frame, frames), display: show, stretches });
    }
  }
  return rows;
}
