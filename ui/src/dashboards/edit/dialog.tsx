// Editing a panel: its picture above changes while one types; nothing is kept before it is saved.
import { useMemo, useState } from 'preact/hooks';
import { getDocument, putJson } from '../../api/client';
import { asApiError } from '../../api/use-polled';
import { download } from '../../lib/export';
import { Icon } from '../../parts/icon';
import { Dialog } from '../../parts/dialog';
import { Notice } from '../../parts/notice';
import { useBoard } from '../board';
import { usePanelData } from '../data/use-panel-data';
import type { PanelKind, PanelModel } from '../model';
import { Body } from '../panel-card';
import { WITHOUT_QUERIES } from '../panels/show';
import { useSize } from '../../parts/use-size';
import { applyEdit } from './apply';
import { LookFields } from './look-fields';

const KINDS: readonly PanelKind[] = [
  'timeseries',
  'stat',
  'gauge',
  'bargauge',
  'table',
  'piechart',
  'heatmap',
  'state-timeline',
  'status-history',
  'histogram',
  'barchart',
];

/** The dialog. */
export function EditDialog({ panel, title, onClose }: { panel: PanelModel; title: string; onClose: () => void }) {
  const board = useBoard();
  const [draft, setDraft] = useState(panel);
  const [shown, setShown] = useState(panel);
  const [said, setSaid] = useState<{ tone: 'bad' | 'info'; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<PanelModel>, atOnce = true) => {
    const next = { ...draft, ...part };
    setDraft(next);
    // Queries are asked when one has finished typing.
    setShown(atOnce ? { ...next, queries: shown.queries } : shown);
  };
  const run = () => setShown(draft);
  const source = `dashboards/${encodeURIComponent(board.model.uid)}`;
  const edited = async () => applyEdit(await getDocument(`${source}/source`), panel, draft);
  const act = async (work: (document: unknown) => Promise<void> | void) => {
    setBusy(true);
    try {
      const document = await edited();
      if (document === null) setSaid({ tone: 'bad', text: 'The document has no panel with this number any more.' });
      else await work(document);
    } catch (reason) {
      setSaid({ tone: 'bad', text: asApiError(reason).message });
    }
    setBusy(false);
  };
  const save = () =>
    act(async (document) => {
      await putJson<unknown>(source, document);
      board.refresh();
      onClose();
    });
  return (
    <Dialog title={`Edit ${title}`} onClose={onClose}>
      <div class="dash-edit">
        <Preview panel={shown} />
        {said && <Notice tone={said.tone}>{said.text}</Notice>}
        <div class="dash-edit-fields">
          <label class="form-field">
            <span>Title</span>
            <input value={draft.title} onInput={(event) => change({ title: event.currentTarget.value })} />
          </label>
          <label class="form-field">
            <span>Kind</span>
            <select
              value={draft.kind}
              disabled={!KINDS.includes(draft.kind)}
              onChange={(event) => change({ kind: event.currentTarget.value as PanelKind })}
            >
              {(KINDS.includes(draft.kind) ? KINDS : [draft.kind]).map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          </label>
          <SizeField
            label="Width (of 24)"
            value={draft.place.w}
            most={24}
            onChange={(w) => change({ place: { ...draft.place, w } })}
          />
          <SizeField
            label="Height"
            value={draft.place.h}
            most={60}
            onChange={(h) => change({ place: { ...draft.place, h } })}
          />
          <label class="form-field dash-edit-wide">
            <span>Description</span>
            <input value={draft.description} onInput={(event) => change({ description: event.currentTarget.value })} />
          </label>
        </div>
        <LookFields
          config={draft.fieldConfig.defaults}
          onChange={(defaults) => change({ fieldConfig: { ...draft.fieldConfig, defaults } })}
        />
        {!WITHOUT_QUERIES.has(draft.kind) && (
          <Queries panel={draft} onChange={(queries) => change({ queries }, false)} onRun={run} />
        )}
        <div class="form-actions">
          <button type="button" class="button button-main" disabled={busy} onClick={() => void save()}>
            Save
          </button>
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() =>
              void act((document) =>
                download(`${board.model.uid}.json`, 'application/json', JSON.stringify(document, null, 2)),
              )
            }
          >
            Save as JSON
          </button>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function Preview({ panel }: { panel: PanelModel }) {
  const { filling } = useBoard();
  const { box, width, height } = useSize<HTMLDivElement>();
  const data = usePanelData(panel, filling, width, true);
  return (
    <div class="dash-edit-preview" aria-label="Preview" role="group">
      <div class="dash-panel-body" ref={box}>
        {width > 0 && <Body panel={panel} data={data} filling={filling} width={width} height={height} table={false} />}
      </div>
    </div>
  );
}

function SizeField({
  label,
  value,
  most,
  onChange,
}: {
  label: string;
  value: number;
  most: number;
  onChange: (value: number) => void;
}) {
  return (
    <label class="form-field">
      <span>{label}</span>
      <input
        type="number"
        min={1}
        max={most}
        value={value}
        onInput={(event) => {
          const next = event.currentTarget.valueAsNumber;
          if (next >= 1 && next <= most) onChange(Math.round(next));
        }}
      />
    </label>
  );
}

type Queries = PanelModel['queries'];

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function Queries({
  panel,
  onChange,
  onRun,
}: {
  panel: PanelModel;
  onChange: (queries: Queries) => void;
  onRun: () => void;
}) {
  const { queries } = panel;
  const change = (at: number, part: Partial<Queries[number]>) =>
    onChange(queries.map((query, i) => (i === at ? { ...query, ...part } : query)));
  const free = useMemo(() => [...LETTERS].find((letter) => queries.every(({ refId }) => refId !== letter)), [queries]);
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    onRun();
  };
  return (
    <div class="dash-edit-queries">
      {queries.map((query, i) => (
        <div key={query.refId} class="dash-edit-query">
          <label class="form-field">
            <span>Query {query.refId}: Enter runs it</span>
            <textarea
              rows={2}
              spellcheck={false}
              value={query.expr}
              onKeyDown={press}
              onBlur={onRun}
              onInput={(event) => change(i, { expr: event.currentTarget.value })}
            />
          </label>
          <label class="form-field">
            <span>Legend</span>
            <input
              value={query.legendFormat}
              placeholder="{{label}}"
              onKeyDown={press}
              onBlur={onRun}
              onInput={(event) => change(i, { legendFormat: event.currentTarget.value })}
            />
          </label>
          <button
            type="button"
            class="button"
            aria-label={`Remove query ${query.refId}`}
            disabled={queries.length === 1}
            onClick={() => onChange(queries.toSpliced(i, 1))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      {free && (
        <button
          type="button"
          class="button"
          onClick={() =>
            onChange([
              ...queries,
              {
                refId: free,
                expr: '',
                legendFormat: '',
                format: 'time_series',
                instant: false,
                range: true,
                hide: false,
                exemplar: false,
                interval: '',
                intervalFactor: 1,
                signal: 'metrics',
              },
            ])
          }
        >
          <Icon name="plus" /> Add a query
        </button>
      )}
    </div>
  );
}
