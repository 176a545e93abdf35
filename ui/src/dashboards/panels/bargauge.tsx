// Bars side by side: how far each value is on a shared scale.
import { useMemo } from 'preact/hooks';
import { useBoard } from '../board';
import { readable, resolveColour, type Shade } from '../field/colours';
import { textOfShown } from '../field/display';
import { reduceAll, type Reduced } from '../field/reduce';
import { absoluteSteps, DEFAULT_THRESHOLDS } from '../field/thresholds';
import { ValueLinks } from './value-links';
import { optionText, type PanelProps } from './props';

/** The panel. */
export function BarGauge({ panel, data, filling, width, height }: PanelProps) {
  const { shade, zone } = useBoard();
  const values = useMemo(
    () => reduceAll(data.frames, panel.options.reduceOptions, { shade, zone }, true),
    [data.frames, panel, shade, zone],
  );
  if (values.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const orientation = optionText(panel, 'orientation', 'auto');
  const upright =
    orientation === 'vertical' || (orientation === 'auto' && width > height * 1.2 && values.length <= width / 60);
  const mode = optionText(panel, 'displayMode', 'gradient');
  const unfilled = panel.options['showUnfilled'] !== false;
  return (
    <div
      class={upright ? 'dash-bars dash-bars-upright' : 'dash-bars'}
      tabIndex={0}
      role="group"
      aria-label={panel.title || 'Bars'}
    >
      {values.map((value, i) => (
        <ValueLinks key={`${value.name} ${i}`} value={value} filling={filling} frames={data.frames}>
          <span class="dash-bar-name" title={value.name}>
            {value.name}
          </span>
          <span class={unfilled ? 'dash-bar dash-bar-unfilled' : 'dash-bar'} aria-hidden="true">
            <Fill value={value} mode={mode} upright={upright} shade={shade} />
          </span>
          <span class="dash-bar-value" style={{ color: readable(value.shown.colour, shade) }}>
            {textOfShown(value.shown)}
          </span>
        </ValueLinks>
      ))}
    </div>
  );
}

const CELLS = 30;

function Fill({ value, mode, upright, shade }: { value: Reduced; mode: string; upright: boolean; shade: Shade }) {
  const { shown, field } = value;
  const share = Number.isFinite(shown.number) ? shown.share * 100 : 0;
  const { min, max, show } = value.display;
  if (mode === 'lcd') {
    return (
      <span class="dash-lcd">
        {Array.from({ length: CELLS }, (_, i) => {
          const at = min + ((max - min) * (i + 0.5)) / CELLS;
          const lit = (i + 0.5) / CELLS <= shown.share;
          return <i key={i} style={{ background: show(at).colour, opacity: lit ? 1 : 0.18 }} />;
        })}
      </span>
    );
  }
  const size = upright ? { height: `${share}%` } : { width: `${share}%` };
  if (mode !== 'gradient') return <span class="dash-bar-fill" style={{ ...size, background: shown.colour }} />;
  const stops = absoluteSteps(field.config.thresholds ?? DEFAULT_THRESHOLDS, min, max)
    .map(({ value: at, color }) => [Math.max(0, (at - min) / (max - min || 1)), resolveColour(color, shade)] as const)
    .filter(([at]) => at <= shown.share);
  const towards = upright ? 'to top' : 'to right';
  const list =
    stops.length > 1 && (field.config.color?.mode ?? 'thresholds') === 'thresholds'
      ? stops.map(([at, colour]) => `${colour} ${((at / (shown.share || 1)) * 100).toFixed(1)}%`).join(', ')
      : `${shown.colour}b0, ${shown.colour}`;
  return <span class="dash-bar-fill" style={{ ...size, background: `linear-gradient(${towards}, ${list})` }} />;
}
