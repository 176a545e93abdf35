// The discovery page: what was found, and what relabelling made of it.
import { useMemo } from 'preact/hooks';
import type { TargetsData } from '../api/types';
import { useAnswer } from '../api/use-answer';
import { go } from '../lib/router';
import { formatCount } from '../lib/number';
import { matches, textOfLabels } from '../lib/search';
import { Fold } from '../parts/fold';
import { Icon } from '../parts/icon';
import { useKept } from '../parts/kept';
import { LabelList } from '../parts/label-list';
import { memo } from '../parts/memo';
import { Empty, Failure, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { Windowed } from '../parts/windowed';
import { Objects } from './objects';
import { Steps } from './steps';
import { found, type Found, type Pool } from './found';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 30_000;

/** Heights before they were drawn, pixels. */
const [HEAD_PX, ROW_PX] = [45, 90];

/** With more targets than this, jobs start folded. */
const UNFOLD_ALL = 60;

/** The page; `search` is the address's query string. */
export function DiscoveryPage({ search }: { search: string }) {
  const answer = useAnswer<TargetsData>('targets', { state: 'any' }, EVERY_MS);
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const [pool, text] = [params.get('pool') ?? '', params.get('search') ?? ''];
  const change = (part: Record<string, string>, replace = false) => {
    const next = new URLSearchParams({ pool, search: text, ...part });
    for (const [name, value] of [...next]) if (value === '') next.delete(name);
    go('service-discovery', next.toString(), replace);
  };
  const all = useMemo(() => found(answer.data), [answer.data]);
  const shown = useMemo(() => select(all, pool, text), [all, pool, text]);
  const targets = shown.reduce((sum, { targets: list }) => sum + list.length, 0);
  const open = targets <= UNFOLD_ALL || shown.length === 1;

  return (
    <div class="page">
      <h1 class="hidden">Service discovery</h1>
      <div class="toolbar">
        <select aria-label="Job" value={pool} onChange={(event) => change({ pool: event.currentTarget.value })}>
          <option value="">All jobs</option>
          {all.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
        <SearchBox label="Search labels" value={text} onChange={(value) => change({ search: value }, true)} />
        <button type="button" class="button" onClick={answer.reload} aria-busy={answer.loading}>
          <Icon name="reload" /> Refresh
        </button>
      </div>
      <Objects />
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="what was discovered" />}
      {answer.data && shown.length === 0 && (
        <Empty title={all.length === 0 ? 'Nothing was discovered.' : 'Nothing passes the filter.'}>
          <p>Jobs and where to look for their targets stand under <code>scrape_configs</code>.</p>
        </Empty>
      )}
      <Windowed
        items={shown}
        keyOf={({ name }) => name}
        guess={(one) => HEAD_PX + (open ? one.targets.length * ROW_PX : 0)}
        as="list"
      >
        {(one) => <PoolSection pool={one} open={open} />}
      </Windowed>
    </div>
  );
}

function select(all: readonly Pool[], name: string, search: string): Pool[] {
  return all.flatMap((pool) => {
    if (name && pool.name !== name) return [];
    const targets = pool.targets.filter(({ discovered, labels }) =>
      matches(`${textOfLabels(discovered)} ${textOfLabels(labels ?? {})}`, search.trim()),
    );
    return targets.length > 0 ? [{ ...pool, targets }] : [];
  });
}

function PoolSection({ pool, open }: { pool: Pool; open: boolean }) {
  const head = (
    <>
      <span class="pool-name">{pool.name}</span>
      <span class="soft pool-facts">
        {formatCount(pool.active)} scraped · {formatCount(pool.dropped)} dropped
      </span>
    </>
  );
  return (
    <Fold head={head} open={open}>
      {() => (
        <div class="table-scroll">
          <table class="table table-stack discovery-table" aria-rowcount={pool.targets.length + 1}>
            <thead>
              <tr aria-rowindex={1}>
                <th scope="col">Discovered labels</th>
                <th scope="col">The target's labels</th>
              </tr>
            </thead>
            <Windowed items={pool.targets} keyOf={(_, index) => String(index)} guess={() => ROW_PX} as="rows">
              {(target, index) => <Row pool={pool.name} target={target} place={index + 2} />}
            </Windowed>
          </table>
        </div>
      )}
    </Fold>
  );
}

const Row = memo(({ pool, target, place }: { pool: string; target: Found; place: number }) => {
  const [open, setOpen] = useKept('steps', false);
  return (
    <>
      <tr aria-rowindex={place}>
        <td><LabelList labels={target.discovered} plain /></td>
        <td>
          {target.labels ? <LabelList labels={target.labels} /> : <p class="mark mark-unknown"><Icon name="close" /> Dropped</p>}
          <button type="button" class="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide' : 'Show'} relabelling
          </button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={2}><Steps pool={pool} labels={target.discovered} /></td>
        </tr>
      )}
    </>
  );
});
