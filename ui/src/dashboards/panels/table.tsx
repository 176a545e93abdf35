// A table of what queries found, one frame at a time.
import { useState } from 'preact/hooks';
import { useBoard } from '../board';
import { timeField, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import { merge } from '../transform/join';
import { FrameTable, type PlaceSort, type TableSort } from './frame-table';
import { optionRecord, type PanelProps } from './props';

/** The panel. */
export function TablePanel({ panel, data, filling, height }: PanelProps) {
  const { zone, shade } = useBoard();
  const [at, setAt] = useState(0);
  const frames = single(data.frames);
  const frame = frames[Math.min(at, frames.length - 1)];
  if (!frame || frame.length === 0) return <p class="dash-empty">{panel.fieldConfig.defaults.noValue ?? 'No data'}</p>;
  const several = frames.length > 1;
  return (
    <>
      <FrameTable
        key={at}
        frame={frame}
        frames={frames}
        height={several ? height - 36 : height}
        zone={zone}
        shade={shade}
        filling={filling}
        sort={sortOf(panel)}
        footer={footerOf(panel)}
      />
      {several && (
        <select
          class="dash-frame-choice"
          aria-label="Table"
          value={String(at)}
          onChange={(event) => setAt(Number(event.currentTarget.value))}
        >
          {frames.map((one, i) => (
            <option key={i} value={String(i)}>
              {one.name ?? titleOf(one, frames)}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

/** Answers of one moment as series are one table: a line each. */
function single(frames: readonly Frame[]): Frame[] {
  const moments =
    frames.length > 1 &&
    frames.every((frame) => frame.length === 1 && frame.stepMs === 0 && timeField(frame) && frame.fields.length === 2);
  if (!moments) return [...frames];
  return merge(
    frames.map((frame) => {
      const value = frame.fields.find(({ type }) => type === 'number');
      const labels = Object.entries(value?.labels ?? {}).filter(([name]) => name !== '__name__');
      const {
        labels: _labels,
        legend: _legend,
        ...plain
      } = value ?? { name: 'Value', type: 'number' as const, values: [], config: {} };
      return {
        ...frame,
        fields: [
          ...frame.fields.filter(({ type }) => type === 'time'),
          ...labels.map(([name, text]) => ({ name, type: 'string' as const, values: [text], config: {} })),
          plain,
        ],
      };
    }),
  );
}

function titleOf(frame: Frame, frames: readonly Frame[]): string {
  const value = frame.fields.find(({ type }) => type !== 'time');
  return value ? nameOf(value, frame, frames) : frame.refId;
}

function sortOf({ options }: PanelProps['panel']): TableSort | PlaceSort | undefined {
  const sortBy = options['sortBy'];
  const first: unknown = Array.isArray(sortBy) ? sortBy[0] : undefined;
  if (typeof first !== 'object' || first === null) return undefined;
  const { displayName, column, desc } = first as { displayName?: unknown; column?: unknown; desc?: unknown };
  const falling = desc === true;
  if (typeof column === 'number') return { at: column, falling };
  return typeof displayName === 'string' ? { by: displayName, falling } : undefined;
}

function footerOf(panel: PanelProps['panel']): string | undefined {
  const { show, reducer } = optionRecord(panel, 'footer');
  const calc: unknown = Array.isArray(reducer) ? reducer[0] : undefined;
  return show === true && typeof calc === 'string' ? calc : undefined;
}
