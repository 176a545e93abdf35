// Dials: how far a value is from its least to its most.
import { useMemo } from 'preact/hooks';
import { useBoard } from '../board';
import { chartColours } from '../../query/graph/palette';
import { readable, resolveColour } from '../field/colours';
import { textOfShown } from '../field/display';
import { reduceAll, type Reduced } from '../field/reduce';
import { absoluteSteps, DEFAULT_THRESHOLDS } from '../field/thresholds';
import { describeValue, tileSize } from './stat';
import { ValueLinks } from './value-links';
import { optionText, type PanelProps } from './props';

/** Where a dial begins and how far it goes, in degrees from the top. */
const START = -120;
const TURN = 240;

/** The panel. */
export function Gauge({ panel, data, filling, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const values = useMemo(
    () => reduceAll(configuredSpan(data.frames), panel.options.reduceOptions, { shade, zone }, false),
    [data.frames, panel, shade, zone],
  );
  if (values.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const tile = tileSize(values.length, width, height, optionText(panel, 'orientation', 'auto'));
  return (
    <div class="dash-tiles" style={{ 'grid-template-columns': `repeat(${tile.columns}, 1fr)` }}>
      {values.map((value, i) => (
        <div key={`${value.name} ${i}`} class="dash-tile">
          <ValueLinks value={value} filling={filling} frames={data.frames}>
            <Dial
              value={value}
              width={tile.width - 8}
              height={tile.height - (values.length > 1 ? 24 : 4)}
              markers={panel.options['showThresholdMarkers'] !== false}
              labels={panel.options['showThresholdLabels'] === true}
            />
            {values.length > 1 && <span class="dash-tile-name">{value.name}</span>}
          </ValueLinks>
        </div>
      ))}
    </div>
  );
}

/** A dial without limits goes from 0 to 100, as Grafana's does. */
function configuredSpan(frames: PanelProps['data']['frames']): PanelProps['data']['frames'] {
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const most = field.config.unit === 'percentunit' ? 1 : 100;
      return { ...field, config: { ...field.config, min: field.config.min ?? 0, max: field.config.max ?? most } };
    }),
  }));
}

function Dial({
  value,
  width,
  height,
  markers,
  labels,
}: {
  value: Reduced;
  width: number;
  height: number;
  markers: boolean;
  labels: boolean;
}) {
  const { shade } = useBoard();
  const { grid } = chartColours(shade);
  const { field, shown } = value;
  const outer = Math.max(20, Math.min(width / 2, height / 1.55) - (labels ? 18 : 4));
  const thick = Math.max(6, outer * 0.2);
  const cy = outer + (height - outer * 1.5) / 2;
  const { min, max, show } = value.display;
  const steps = absoluteSteps(field.config.thresholds ?? DEFAULT_THRESHOLDS, min, max);
  const share = (at: number) => Math.max(0, Math.min(1, (at - min) / (max - min || 1)));
  const text = textOfShown(shown);
  const size = Math.max(12, Math.min(outer * 0.42, ((outer - thick) * 1.75) / Math.max(3, text.length * 0.58)));
  // A dial that is too small to hold its value has it beside.
  const wide = text.length * 0.64 * size;
  const inside = wide <= (outer - thick) * 1.9;
  const cx = inside ? width / 2 : Math.max(outer, (width - wide) / 2);
  return (
    <svg width={width} height={height} role="img" aria-label={describeValue(value)}>
      <path d={arc(cx, cy, outer - thick / 2 - 5, 0, 1)} fill="none" stroke={grid} stroke-width={thick} />
      {Number.isFinite(shown.number) && shown.share > 0 && (
        <path
          d={arc(cx, cy, outer - thick / 2 - 5, 0, shown.share)}
          fill="none"
          stroke={shown.colour}
          stroke-width={thick}
        />
      )}
      {markers &&
        steps.map((step, i) => {
          const [from, to] = [share(step.value), share(steps[i + 1]?.value ?? max)];
          return to > from ? (
            <path
              key={i}
              d={arc(cx, cy, outer - 1.5, from, to)}
              fill="none"
              stroke={resolveColour(step.color, shade)}
              stroke-width="3"
            />
          ) : null;
        })}
      {labels &&
        steps
          .filter((step) => Number.isFinite(step.value))
          .map((step, i) => {
            const [x, y] = point(cx, cy, outer + 10, share(step.value));
            return (
              <text key={i} x={x} y={y} class="axis-text" text-anchor="middle">
                {textOfShown(show(step.value))}
              </text>
            );
          })}
      <text
        x={inside ? cx : cx + outer + 4}
        y={cy + size * 0.3}
        text-anchor={inside ? 'middle' : 'start'}
        font-size={size}
        font-weight="600"
        fill={readable(shown.colour, shade)}
      >
        {text}
      </text>
    </svg>
  );
}

function point(cx: number, cy: number, radius: number, share: number): [number, number] {
  const angle = ((START + TURN * share - 90) * Math.PI) / 180;
  return [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
}

function arc(cx: number, cy: number, radius: number, from: number, to: number): string {
  const [x0, y0] = point(cx, cy, radius, from);
  const [x1, y1] = point(cx, cy, radius, to);
  const large = (to - from) * TURN > 180 ? 1 : 0;
  return `M${x0.toFixed(2)},${y0.toFixed(2)}A${radius},${radius} 0 ${large} 1 ${x1.toFixed(2)},${y1.toFixed(2)}`;
}
