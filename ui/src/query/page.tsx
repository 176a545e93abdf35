// The query page: panels one below the other, all of them in the address.
import { useRef } from 'preact/hooks';
import { go } from '../lib/router';
import { Icon } from '../parts/icon';
import { Panel } from './panel';
import { emptyPanel, formatPanels, parsePanels, type PanelState } from './panel-state';

/** The page; `search` is the address's query string. */
export function QueryPage({ search }: { search: string }) {
  const panels = parsePanels(search);
  const ids = useRef<number[]>([]);
  const nextId = useRef(0);
  // Panels have no names in the address; these keep each one's state when another is removed.
  while (ids.current.length < panels.length) ids.current.push(nextId.current++);
  ids.current.length = panels.length;

  const save = (next: PanelState[]) => go('query', formatPanels(next));
  const change = (index: number, part: Partial<PanelState>) =>
    save(panels.map((panel, i) => (i === index ? { ...panel, ...part } : panel)));
  const remove = (index: number) => {
    ids.current.splice(index, 1);
    save(panels.toSpliced(index, 1));
  };

  return (
    <div class="query-page">
      <h1 class="hidden">Query</h1>
      {panels.map((panel, index) => (
        <Panel
          key={ids.current[index]}
          index={index}
          panel={panel}
          autoFocus={index === panels.length - 1 && panel.expr === ''}
          onChange={(part) => change(index, part)}
          onRemove={panels.length > 1 ? () => remove(index) : undefined}
        />
      ))}
      <button type="button" class="button" onClick={() => save([...panels, emptyPanel()])}>
        <Icon name="plus" /> Add a panel
      </button>
    </div>
  );
}
