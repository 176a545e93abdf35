// Bars side by side or on top of each other, one group for each category.
import { useBoard } from '../board';
import { textOfShown, type Display } from '../field/display';
import { BottomAxis, LeftAxis, type Frame } from '../../plot/svg-axes';
import { numberTicks } from '../../plot/ticks';

export interface ColumnSeries {
  name: string;
  values: readonly number[];
  display: Display;
  colour: string;
  /** A colour of its own for each bar, where values choose it. */
  colours?: readonly string[];
}

interface Props {
  categories: readonly string[];
  series: readonly ColumnSeries[];
  width: number;
  height: number;
  stacked: boolean;
  /** Bars lie, and categories stand on the left. */
  lying: boolean;
  /** Of the room that a category has. */
  thickness: number;
  title: string;
}

const LABEL_PX = 6.4;

/** The picture. */
export function Columns({ categories, series, width, height, stacked, lying, thickness, title }: Props) {
  const { zone } = useBoard();
  const sums = categories.map((_, i) => series.reduce((sum, { values }) => sum + Math.max(0, finite(values[i])), 0));
  const all = series.flatMap(({ values }) => values.map(finite));
  const high = Math.max(
    0,
    ...(stacked ? sums : all),
    ...series.map(({ display }) => (stacked ? 0 : Math.min(display.max, 0))),
  );
  const low = Math.min(0, ...all);
  const top = high === low ? 1 : high;
  const ticks = numberTicks(low, top, lying ? width / 90 : height / 40);
  const write = series[0]?.display;
  const texts = ticks.map((tick) => (write ? textOfShown(write.show(tick)) : String(tick)));
  const longest = Math.max(2, ...(lying ? categories : texts).map((text) => text.length));
  const margin = Math.min(width * 0.4, 14 + longest * LABEL_PX);
  const frame: Frame = { left: margin, top: 6, right: width - 8, bottom: height - 22 };
  const along = lying ? frame.bottom - frame.top : frame.right - frame.left;
  const across = lying ? frame.right - frame.left : frame.bottom - frame.top;
  const room = along / Math.max(1, categories.length);
  const size = Math.max(1, (room * thickness) / (stacked ? 1 : Math.max(1, series.length)));
  const scale = (value: number) => ((value - low) / (top - low)) * across;
  const skip = lying
    ? Math.ceil(14 / room)
    : Math.ceil((Math.max(4, ...categories.map(({ length }) => length)) * LABEL_PX + 8) / room);
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={`${title}: ${categories.length} groups of ${series.length} bars; the panel's menu shows them as a table`}
      data-zone={zone}
    >
      {lying ? (
        <BottomAxis
          frame={frame}
          grid
          ticks={ticks.map((tick, i) => ({ x: frame.left + scale(tick), text: texts[i] ?? '' }))}
        />
      ) : (
        <LeftAxis
          frame={frame}
          ticks={ticks.map((tick, i) => ({ y: frame.bottom - scale(tick), text: texts[i] ?? '' }))}
        />
      )}
      {categories.map((category, i) => {
        let reached = 0;
        const start = (lying ? frame.top : frame.left) + room * i + (room * (1 - thickness)) / 2;
        return (
          <g key={`${category} ${i}`}>
            {i % skip === 0 &&
              (lying ? (
                <text class="axis-text" x={frame.left - 6} y={frame.top + room * (i + 0.5) + 4} text-anchor="end">
                  {cut(category, (margin - 14) / LABEL_PX)}
                </text>
              ) : (
                <text
                  class="axis-text"
                  x={frame.left + room * (i + 0.5)}
                  y={frame.bottom + 15}
                  text-anchor="middle"
                >
                  {cut(category, (room * skip) / LABEL_PX)}
                </text>
              ))}
            {series.map((one, place) => {
              const value = one.values[i] ?? Number.NaN;
              if (!Number.isFinite(value)) return null;
              const from = scale(stacked ? reached : Math.min(0, value));
              const to = scale(stacked ? reached + value : Math.max(0, value));
              if (stacked) reached += value;
              const at = start + (stacked ? 0 : place * size);
              const box = lying
                ? { x: frame.left + from, y: at, width: Math.max(0.5, to - from), height: Math.max(1, size - 1) }
                : { x: at, y: frame.bottom - to, width: Math.max(1, size - 1), height: Math.max(0.5, to - from) };
              return (
                <rect key={one.name} {...box} fill={one.colours?.[i] ?? one.colour}>
                  <title>{`${category} ${one.name}: ${textOfShown(one.display.show(value))}`}</title>
                </rect>
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

function cut(text: string, most: number): string {
  const room = Math.max(3, Math.floor(most));
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}
