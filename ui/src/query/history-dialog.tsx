// The queries of this browser, to run again.
import { useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { Dialog } from '../parts/dialog';
import { Empty } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { history } from './history';

/** The dialog. */
export function HistoryDialog({ onPick, onClose }: {
  onPick: (expr: string) => void;
  onClose: () => void;
}) {
  const kept = useStore(history);
  const [search, setSearch] = useState('');
  const wanted = search.toLowerCase();
  const found = kept.filter((expr) => expr.toLowerCase().includes(wanted));
  return (
    <Dialog title="History of queries" onClose={onClose}>
      <div class="dialog-tools">
        <SearchBox label="Search the history" value={search} onChange={setSearch} focus />
        <button type="button" class="button" disabled={kept.length === 0} onClick={() => history.set([])}>
          Forget all
        </button>
      </div>
      {found.length === 0 ? (
        <Empty title={kept.length === 0 ? 'No query was run in this browser yet.' : 'Nothing matches.'} />
      ) : (
        <ul class="pick-list">
          {found.map((expr) => (
            <li key={expr}>
              <button type="button" onClick={() => onPick(expr)}>
                <code>{expr}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
