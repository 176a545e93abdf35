// The palette: Ctrl+K, a few letters, Enter. It finds pages, dashboards, metrics and alerting rules.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RulesData } from '../api/rules';
import { useAnswer } from '../api/use-answer';
import { pathOf } from '../dashboards/address';
import { useDashboards } from '../dashboards/list';
import { go } from '../lib/router';
import { matches } from '../lib/search';
import { createStore, useStore } from '../lib/store';
import { PAGES } from '../pages';
import { emptyPanel, formatPanels } from '../query/panel-state';
import { Dialog } from './dialog';

/** Lines shown at once. */
const MAX_SHOWN = 12;

interface Entry {
  kind: 'page' | 'dashboard' | 'metric' | 'alert';
  title: string;
  path: string;
  search: string;
}

const open = createStore(false);

/** Opens the palette. */
export function openPalette(): void {
  open.set(true);
}

/** The palette, while it is open. */
export function Palette() {
  const shown = useStore(open);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open.set(true);
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return shown ? <Open /> : null;
}

function Open() {
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const entries = useEntries();
  const found = useMemo(() => select(entries, search), [entries, search]);
  const pick = (entry: Entry | undefined) => {
    if (!entry) return;
    open.set(false);
    go(entry.path, entry.search);
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setChosen((now) => Math.min(Math.max(now + step, 0), found.length - 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      pick(found[chosen]);
    }
  };
  return (
    <Dialog title="Go to" onClose={() => open.set(false)}>
      <input
        class="palette-input"
        role="combobox"
        aria-label="A page, a dashboard, a metric or an alert"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
        placeholder="A page, a dashboard, a metric or an alert"
        autoFocus
        spellcheck={false}
        value={search}
        onKeyDown={press}
        onInput={(event) => {
          setSearch(event.currentTarget.value);
          setChosen(0);
        }}
      />
      <ul ref={list} id="palette-list" role="listbox" aria-label="Found" class="palette-list">
        {found.map((entry, index) => (
          <li
            key={`${entry.kind} ${entry.path} ${entry.title}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            onMouseMove={() => setChosen(index)}
            onClick={() => pick(entry)}
          >
            <span class="tag">{entry.kind}</span> {entry.title}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="soft">Nothing is called so.</p>}
    </Dialog>
  );
}

function useEntries(): Entry[] {
  const names = useAnswer<string[]>('label/__name__/values');
  const boards = useDashboards();
  const rules = useAnswer<RulesData>('rules', { type: 'alert', exclude_alerts: 'true' });
  return useMemo(() => {
    const pages = PAGES.filter(({ inner }) => !inner).map<Entry>(({ path, title }) => ({
      kind: 'page', title, path, search: '',
    }));
    const dashboards = (boards.data?.dashboards ?? []).map<Entry>((one) => ({ kind: 'dashboard', title: one.title, path: pathOf(one), search: '' }));
    const alerting = new Set((rules.data?.groups ?? []).flatMap((group) => group.rules.map(({ name }) => name)));
    const alerts = [...alerting].map<Entry>((title) => ({
      kind: 'alert', title, path: 'alerts', search: `search=${encodeURIComponent(title)}`,
    }));
    const metrics = (names.data ?? []).map<Entry>((title) => ({
      kind: 'metric', title, path: 'query', search: formatPanels([{ ...emptyPanel(), expr: title, tab: 'graph' }]),
    }));
    return [...pages, ...dashboards, ...alerts, ...metrics];
  }, [names.data, rules.data, boards.data]);
}

/** What begins with the search comes before what only has it somewhere. */
function select(entries: readonly Entry[], search: string): Entry[] {
  const wanted = search.trim().toLowerCase();
  const found = entries.filter(({ title }) => matches(title, wanted));
  const first = (entry: Entry) => (entry.title.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => first(a) - first(b)).slice(0, MAX_SHOWN);
}
