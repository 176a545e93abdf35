// A panel's data: as a table, as CSV and JSON, and the queries as they were run.
import { useState } from 'preact/hooks';
import { download, toCsv } from '../../lib/export';
import { CopyButton } from '../../parts/copy-button';
import { Choice } from '../../parts/choice';
import { Dialog } from '../../parts/dialog';
import { formatDuration } from '../../lib/duration';
import { textOf, type Frame } from '../data/frame';
import { nameOf } from '../data/names';
import type { PanelData } from '../data/use-panel-data';
import type { PanelModel } from '../model';
import { asTables, DataTable } from '../panels/data-table';

const VIEWS = [
  { value: 'data', label: 'Data' },
  { value: 'query', label: 'Queries' },
  { value: 'json', label: 'Panel' },
] as const;

const TABLE_PX = 420;

/** The dialog. */
export function InspectDialog({
  panel,
  data,
  title,
  onClose,
}: {
  panel: PanelModel;
  data: PanelData;
  title: string;
  onClose: () => void;
}) {
  const [view, setView] = useState<(typeof VIEWS)[number]['value']>('data');
  const [raw, setRaw] = useState(false);
  const frames = raw ? data.raw : data.frames;
  const json = () => JSON.stringify(frames, null, 2);
  const name = title.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase();
  return (
    <Dialog title={`Data of ${title}`} onClose={onClose}>
      <div class="dialog-tools dash-inspect-tools">
        <Choice name="What to show" options={VIEWS} value={view} onChange={setView} />
        {view === 'data' && (
          <>
            <label>
              <input type="checkbox" checked={raw} onChange={() => setRaw(!raw)} /> Before transformations
            </label>
            <button
              type="button"
              class="button"
              onClick={() => download(`${name}.csv`, 'text/csv', framesToCsv(frames))}
            >
              Save CSV
            </button>
            <button type="button" class="button" onClick={() => download(`${name}.json`, 'application/json', json())}>
              Save JSON
            </button>
          </>
        )}
      </div>
      {view === 'data' && <DataTable key={String(raw)} frames={frames} exemplars={data.exemplars} height={TABLE_PX} />}
      {view === 'query' && (
        <ul class="dash-queries">
          {data.asRun.map(({ refId, expr, stepMs }, i) => (
            <li key={i}>
              <p>
                <span class="tag">{refId}</span> {stepMs > 0 && <span class="soft">step {formatDuration(stepMs)}</span>}{' '}
                <CopyButton label="Copy" text={() => expr} />
              </p>
              <pre>{expr}</pre>
            </li>
          ))}
          {data.asRun.length === 0 && <li class="soft">No query was answered.</li>}
        </ul>
      )}
      {view === 'json' && (
        <pre class="dash-json" tabIndex={0}>
          {JSON.stringify(panel, null, 2)}
        </pre>
      )}
    </Dialog>
  );
}

/** All tables of the frames, with an empty line between them; times in ISO 8601. */
function framesToCsv(frames: readonly Frame[]): string {
  const tables = asTables(frames);
  return tables
    .map((frame) => {
      const header = frame.fields.map((field) => nameOf(field, frame, tables));
      const rows = Array.from({ length: frame.length }, (_, row) =>
        frame.fields.map(({ type, values }) => {
          const value = values[row];
          return type === 'time' && typeof value === 'number' ? new Date(value).toISOString() : textOf(value);
        }),
      );
      return toCsv(header, rows);
    })
    .join('\r\n');
}
