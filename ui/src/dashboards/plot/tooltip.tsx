// The values at the moment that is pointed at.
import { formatTimeWithZone, type Zone } from '../../lib/time';
import type { Mark } from '../data/marks';
import type { Pointed } from './draw';

export interface TooltipRow {
  name: string;
  colour: string;
  text: string;
  number: number;
  strong: boolean;
}

/** Rows shown at most: the mouse cannot scroll a tooltip. */
const MAX_ROWS = 22;

/** The box beside the mouse. */
export function Tooltip({
  pointed,
  rows,
  sort,
  marks,
  zone,
  height,
}: {
  pointed: Pointed;
  rows: readonly TooltipRow[];
  sort: 'none' | 'asc' | 'desc';
  marks: readonly Mark[];
  zone: Zone;
  height: number;
}) {
  const sign = sort === 'asc' ? 1 : -1;
  const sorted = sort === 'none' ? rows : rows.toSorted((a, b) => sign * (a.number - b.number));
  const shown = sorted.slice(0, MAX_ROWS);
  const right = pointed.left > pointed.width / 2;
  const side = right ? { right: `${pointed.width - pointed.left + 12}px` } : { left: `${pointed.left + 12}px` };
  // Long boxes hang from the top of the panel.
  const top = Math.max(0, Math.min(pointed.top - 16, height - 30 - shown.length * 19));
  return (
    <div class="dash-tooltip" style={{ top: `${top}px`, ...side }}>
      <div class="dash-tooltip-time">{formatTimeWithZone(pointed.time * 1000, zone)}</div>
      {marks.map((mark, i) => (
        <div key={i} class="dash-tooltip-mark">
          {mark.name}: {mark.text}
        </div>
      ))}
      {shown.map((row, i) => (
        <div key={i} class={row.strong ? 'dash-tooltip-row dash-tooltip-strong' : 'dash-tooltip-row'}>
          <span class="swatch" style={{ '--swatch': row.colour }} />
          <span class="dash-tooltip-name">{row.name}</span>
          <span class="dash-tooltip-value">{row.text}</span>
        </div>
      ))}
      {sorted.length > shown.length && <div class="soft">and {sorted.length - shown.length} more</div>}
    </div>
  );
}
