// Large numbers, one tile for each, with what came before as a line behind.
import { useMemo } from 'preact/hooks';
import { useBoard } from '../board';
import { numberOf } from '../data/frame';
import { mixTwo } from '../../plot/colours';
import { readable, textOn } from '../field/colours';
import { toFixed } from '../field/unit-kinds';
import { reduceAll, type Reduced } from '../field/reduce';
import { textOfShown } from '../field/display';
import { ValueLinks } from './value-links';
import { optionText, type PanelProps } from './props';

/** Tiles this high have a line below their value, in this share of them. */
const SPARK_FROM_PX = 64;
const SPARK_SHARE = 0.3;

/** How wide a bold digit is in the widest of the system's fonts, of its height. */
const BOLD_DIGIT = 0.7;

/** The panel. */
export function Stat({ panel, data, filling, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const values = useMemo(
    () => reduceAll(data.frames, panel.options.reduceOptions, { shade, zone }, false),
    [data.frames, panel, shade, zone],
  );
  const mode = optionText(panel, 'colorMode', 'value');
  const graph = optionText(panel, 'graphMode', 'area') === 'area';
  const text = optionText(panel, 'textMode', 'auto');
  const named = text === 'name' || text === 'value_and_name' || (text === 'auto' && values.length > 1);
  const tile = tileSize(values.length, width, height, optionText(panel, 'orientation', 'auto'));
  const lined = graph && tile.height > SPARK_FROM_PX;
  const size = valueSize(values, lined ? { ...tile, height: tile.height * (1 - SPARK_SHARE) } : tile, named);
  if (values.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  return (
    <div class="dash-tiles" style={{ 'grid-template-columns': `repeat(${tile.columns}, 1fr)` }}>
      {values.map((value, i) => (
        <div
          key={`${value.name} ${i}`}
          class={lined && value.series ? 'dash-tile dash-tile-lined' : 'dash-tile'}
          style={
            mode.startsWith('background')
              ? {
                  background: mode === 'background_solid' ? value.shown.colour : gradient(value.shown.colour),
                  color: textOn(value.shown.colour),
                }
              : {}
          }
        >
          {lined && value.series && (
            <Sparkline value={value} width={tile.width} height={tile.height} filled={mode.startsWith('background')} />
          )}
          <ValueLinks value={value} filling={filling} frames={data.frames}>
            {named && <span class="dash-tile-name">{value.name}</span>}
            {text !== 'name' && text !== 'none' && (
              <span
                class="dash-tile-value"
                style={{
                  'font-size': `${size}px`,
                  ...(mode === 'value' && { color: readable(value.shown.colour, shade) }),
                }}
              >
                {value.shown.prefix && <small>{value.shown.prefix}</small>}
                {value.shown.text}
                {value.shown.suffix && <small>{value.shown.suffix}</small>}
              </span>
            )}
            {text === 'name' && (
              <span class="dash-tile-value" style={{ 'font-size': `${size}px` }}>
                {value.name}
              </span>
            )}
            {panel.options['showPercentChange'] === true && value.change !== undefined && (
              <span class="dash-tile-change">
                {value.change >= 0 ? '▲' : '▼'} {toFixed(Math.abs(value.change) * 100, 1)}%
              </span>
            )}
          </ValueLinks>
        </div>
      ))}
    </div>
  );
}

function gradient(colour: string): string {
  return `linear-gradient(120deg, ${colour}, ${mixTwo(colour, '#000000', 0.1)})`;
}

interface Tile {
  columns: number;
  width: number;
  height: number;
}

/** As many columns as leave tiles that are a little wider than high. */
export function tileSize(count: number, width: number, height: number, orientation: string): Tile {
  if (count <= 1) return { columns: 1, width, height };
  if (orientation === 'horizontal') return { columns: 1, width, height: height / count };
  if (orientation === 'vertical') return { columns: count, width: width / count, height };
  let best: Tile = { columns: 1, width, height: height / count };
  const score = (tile: Tile) => Math.min(tile.width / 2.4, tile.height);
  for (let columns = 2; columns <= count; columns++) {
    const tile = { columns, width: width / columns, height: height / Math.ceil(count / columns) };
    if (score(tile) > score(best) * 1.02) best = tile;
  }
  return best;
}

/** One size for all tiles: the longest value fits. */
function valueSize(values: readonly Reduced[], tile: Tile, named: boolean): number {
  const longest = Math.max(
    3,
    ...values.map(({ shown }) => shown.text.length + ((shown.prefix ?? '').length + (shown.suffix ?? '').length) * 0.7),
  );
  const room = tile.height * (named ? 0.42 : 0.55);
  return Math.max(14, Math.min(72, room, (tile.width - 20) / (longest * BOLD_DIGIT)));
}

function Sparkline({
  value,
  width,
  height,
  filled,
}: {
  value: Reduced;
  width: number;
  height: number;
  filled: boolean;
}) {
  const { times = [], values = [] } = value.series ?? {};
  const points = times.flatMap((time, i): [number, number][] => {
    const y = numberOf(values[i]);
    return Number.isFinite(y) ? [[numberOf(time), y]] : [];
  });
  if (points.length < 2) return null;
  const [from, to] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1];
  // Rows of one moment are no history.
  if (from === to) return null;
  const low = Math.min(...points.map(([, y]) => y));
  const high = Math.max(...points.map(([, y]) => y));
  const part = height * (SPARK_SHARE + 0.04);
  const place = ([x, y]: [number, number]) =>
    `${(((x - from) / (to - from || 1)) * width).toFixed(1)},${(height - 2 - (high > low ? (y - low) / (high - low) : 0.5) * (part - 4)).toFixed(1)}`;
  const line = points.map(place).join('L');
  const colour = filled ? 'currentColor' : value.shown.colour;
  return (
    <svg
      class="dash-spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={`M0,${height}L${line}L${width},${height}z`} fill={colour} fill-opacity="0.16" />
      <path d={`M${line}`} fill="none" stroke={colour} stroke-width="1.5" stroke-opacity={filled ? 0.7 : 1} />
    </svg>
  );
}

/** A value in words, for screen readers. */
export function describeValue(value: Reduced): string {
  return `${value.name}: ${textOfShown(value.shown)}`;
}
