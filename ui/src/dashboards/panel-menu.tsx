// What can be done with one panel.
import { lazyPart } from '../parts/lazy-part';
import { useState } from 'preact/hooks';
import { go, place } from '../lib/router';
import { emptyPanel, formatPanels } from '../query/panel-state';
import { changeSearch } from './address';
import { useBoard } from './board';
import type { PanelData } from './data/use-panel-data';
import { panelRange } from './data/questions';
import { Popover } from './parts';
import { savePicture } from './picture';
import { WITHOUT_QUERIES } from './panels/show';
import type { Placed } from './repeat';
import { interpolate, type Filling } from './variables/interpolate';

const Inspect = lazyPart(() => import('./inspect/dialog').then(({ InspectDialog }) => InspectDialog));
const Edit = lazyPart(() => import('./edit/dialog').then(({ EditDialog }) => EditDialog));

interface Props {
  placed: Placed;
  data: PanelData;
  filling: Filling;
  table: boolean;
  onTable: (table: boolean) => void;
  alone: boolean;
  /** The panel's body. */
  root: { current: HTMLElement | null };
}

/** The menu. */
export function PanelMenu({ placed, data, filling, table, onTable, alone, root }: Props) {
  const board = useBoard();
  const { panel, key } = placed;
  const [open, setOpen] = useState<'inspect' | 'edit' | null>(null);
  const title = interpolate(panel.title, filling, 'text') || 'panel';
  const view = () => go(place().path, changeSearch(board.search, { viewPanel: alone ? null : key }));
  const queries = !WITHOUT_QUERIES.has(panel.kind);
  const explore = () => {
    const { fromMs, toMs } = panelRange(panel, filling);
    const panels = data.asRun.map(({ expr }) => ({
      ...emptyPanel(),
      expr,
      tab: 'graph' as const,
      rangeMs: toMs - fromMs,
      endMs: toMs,
      displayMode: panel.kind === 'heatmap' ? ('heatmap' as const) : ('lines' as const),
      showExemplars: data.exemplars.length > 0,
    }));
    go('query', formatPanels(panels));
  };
  return (
    <>
      <Popover class="dash-menu" label={`Menu of ${title}`} title="Menu" icon="more" align="right">
        {(close) => {
          const item = (text: string, run: () => void) => (
            <li key={text}>
              <button
                type="button"
                class="menu-item"
                onClick={() => {
                  close();
                  run();
                }}
              >
                {text}
              </button>
            </li>
          );
          return (
            <ul>
              {item(alone ? 'Back to the dashboard' : 'View alone', view)}
              {queries && item(table ? 'Show as chart' : 'Show as table', () => onTable(!table))}
              {item('Edit', () => setOpen('edit'))}
              {queries && item('Inspect data', () => setOpen('inspect'))}
              {queries && data.asRun.length > 0 && item('Explore its queries', explore)}
              {queries && item('Save as PNG', () => void savePicture(root.current, title))}
            </ul>
          );
        }}
      </Popover>
      {open === 'inspect' && <Inspect panel={panel} data={data} title={title} onClose={() => setOpen(null)} />}
      {open === 'edit' && <Edit panel={panel} title={title} onClose={() => setOpen(null)} />}
    </>
  );
}
