// Frames as plain tables: what every chart can be switched to.
import { useState } from 'preact/hooks';
import { useBoard } from '../board';
import type { Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { joinByField } from '../transform/join';
import type { Filling } from '../variables/interpolate';
import { FrameTable } from './frame-table';

/** The tables; series over time become one, with a column each. */
export function DataTable({
  frames,
  height,
  filling,
}: {
  frames: readonly Frame[];
  height: number;
  filling?: Filling;
}) {
  const { zone, shade } = useBoard();
  const tables = asTables(frames);
  const [at, setAt] = useState(0);
  const frame = tables[Math.min(at, tables.length - 1)];
  if (!frame) return <p class="dash-empty">No data</p>;
  return (
    <>
      <FrameTable
        frame={frame}
        frames={tables}
        height={tables.length > 1 ? height - 36 : height}
        zone={zone}
        shade={shade}
        {...(filling && { filling })}
      />
      {tables.length > 1 && (
        <select
          class="dash-frame-choice"
          aria-label="Table"
          value={String(at)}
          onChange={(event) => setAt(Number(event.currentTarget.value))}
        >
          {tables.map((one, i) => (
            <option key={i} value={String(i)}>
              {titleOf(one, tables)}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

/** Frames of a series each side by side, others as they are. */
export function asTables(frames: readonly Frame[]): Frame[] {
  const series = frames.every(
    ({ fields }) => fields.some(({ type }) => type === 'time') && fields.some(({ labels }) => labels),
  );
  return series && frames.length > 1 ? joinByField(frames, {}) : [...frames];
}

function titleOf(frame: Frame, frames: readonly Frame[]): string {
  const value = frame.fields.find(({ type }) => type !== 'time');
  return frame.name ?? (value ? `${frame.refId} ${nameOf(value, frame, frames)}` : frame.refId);
}
