// Buckets over time: the more falls into one, the stronger its colour.
import { useMemo } from 'preact/hooks';
import { parseNumber } from '../../lib/number';
import type { Zone } from '../../lib/time';
import { fade, rampColour } from '../../plot/colours';
import type { Heat } from '../../plot/heat';
import { HeatPicture } from '../../plot/heat-picture';
import { useBoard } from '../board';
import { panelRange } from '../data/questions';
import { resolveColour } from '../field/colours';
import { formatUnit } from '../field/units';
import { countHeat, toHeat } from '../plot/heat';
import { optionRecord, type PanelProps } from './props';

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
  const colour = useMemo(() => colourer(panel, heat, shade), [panel, heat, shade]);
  const names = useMemo(() => heat?.rows.map((name) => nameRow(name, unit, zone)) ?? [], [heat, unit, zone]);
  const numeric = (row: number) => !Number.isNaN(toBound(heat?.rows[row]));
  if (!heat || heat.most === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  return (
    <HeatPicture
      heat={heat}
      names={names}
      bounds={names.map((name, row) => (numeric(row) ? `${numeric(row - 1) ? names[row - 1] : '…'} – ${name}` : name))}
      write={(value) => formatUnit(panel.fieldConfig.defaults.unit ?? 'short', value, undefined, zone)}
      short={(value) => formatUnit('short', value, undefined, zone)}
      colour={colour}
      {...range}
      zone={zone}
      width={width}
      height={height}
      label={`Heatmap of ${heat.rows.length} buckets: ${panel.title}. Its values as text: Show as table in the panel's menu.`}
    />
  );
}

function toBound(name: string | undefined): number {
  return name === undefined || name.trim() === '' ? Number.NaN : parseNumber(name);
}

function nameRow(name: string, unit: string, zone: Zone): string {
  const bound = toBound(name);
  return !Number.isFinite(bound) ? name : formatUnit(unit, bound, undefined, zone);
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
