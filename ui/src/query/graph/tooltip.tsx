// What the mouse points at: time, value and labels of the nearest series.
import { sortedPairs, type Labels } from '../../lib/labels';
import { formatTimeWithZone, type Zone } from '../../lib/time';
import type { Pointed } from './plot';

/** The tooltip and the dot on the line. */
export function Tooltip({ pointed, labels, colour, zone }: {
  pointed: Pointed;
  labels: Labels;
  colour: string;
  zone: Zone;
}) {
  const { left, top, width } = pointed;
  const rightHalf = left > width / 2;
  const side = rightHalf ? { right: `${width - left + 14}px` } : { left: `${left + 14}px` };
  return (
    <>
      <span class="plot-dot" style={{ left: `${left}px`, top: `${top}px`, background: colour }} />
      <div class="tooltip" style={{ top: `${Math.max(0, top - 20)}px`, ...side }}>
        <div class="tooltip-time">{formatTimeWithZone(pointed.time * 1000, zone)}</div>
        <div class="tooltip-value">
          <span class="swatch" style={{ background: colour }} />
          <span>{labels['__name__'] ?? 'value'}</span> <strong>{pointed.value}</strong>
        </div>
        <dl class="tooltip-labels">
          {sortedPairs(labels).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </>
  );
}
