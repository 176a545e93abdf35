// Frames as plain tables: what every chart can be switched to.
import { useState } from 'preact/hooks';
import { formatSeries } from '../../lib/labels';
import type { Exemplar } from '../../plot/exemplars';
import { useBoard } from '../board';
import { makeField, makeFrame, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { joinByField } from '../transform/join';
import type { Filling } from '../variables/interpolate';
import { FrameTable } from './frame-table';

/** The tables; series over time become one, with a column each. */
export function DataTable({
  frames,
  height,
  filling,
  exemplars = [],
}: {
  frames: readonly Frame[];
  height: number;
  filling?: Filling;
  /** Shown as a table of their own. */
  exemplars?: readonly Exemplar[];
}) {
  const { zone, shade } = useBoard();
  const tables = [...asTables(frames), ...exemplarTable(exemplars)];
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

function exemplarTable(exemplars: readonly Exemplar[]): Frame[] {
  if (exemplars.length === 0) return [];
  const names = [...new Set(exemplars.flatMap(({ labels }) => Object.keys(labels)))];
  const newest = exemplars.toReversed();
  const fields = [
    makeField('Time', 'time', newest.map(({ timeMs }) => timeMs)),
    makeField('Value', 'number', newest.map(({ value }) => value)),
    ...names.map((name) => makeField(name, 'string', newest.map(({ labels }) => labels[name] ?? ''))),
    makeField('Series', 'string', newest.map(({ series }) => formatSeries(series))),
  ];
  return [makeFrame('', fields, { name: 'Exemplars' })];
}

function titleOf(frame: Frame, frames: readonly Frame[]): string {
  const value = frame.fields.find(({ type }) => type !== 'time');
  return frame.name ?? (value ? `${frame.refId} ${nameOf(value, frame, frames)}` : frame.refId);
}
