// The targets page: what is scraped, how it goes, and what was left out.
import { useMemo } from 'preact/hooks';
import type { ActiveTarget, TargetsData } from '../api/types';
import { useAnswer } from '../api/use-answer';
import { go } from '../lib/router';
import { matches } from '../lib/search';
import { Empty, Failure, Waiting } from '../parts/notice';
import { Windowed } from '../parts/windowed';
import { DroppedList } from './dropped-list';
import { formatFilter, parseFilter, textOf, type Filter } from './filter';
import { guessPool, PoolSection } from './pool-section';
import { byPool, type Pool } from './pools';
import { Toolbar } from './toolbar';

/** Time between two looks, in milliseconds: about a scrape interval. */
const EVERY_MS = 15_000;

/** With more targets than this, only jobs in trouble start unfolded. */
const UNFOLD_ALL = 100;

/** The page; `search` is the address's query string. */
export function TargetsPage({ search }: { search: string }) {
  const answer = useAnswer<TargetsData>('targets', { state: 'any' }, EVERY_MS);
  const filter = useMemo(() => parseFilter(search), [search]);
  const change = (part: Partial<Filter>, replace = false) =>
    go('targets', formatFilter({ ...filter, ...part }), replace);

  return (
    <div class="page">
      <h1 class="hidden">Targets</h1>
      <Toolbar data={answer.data} filter={filter} loading={answer.loading} onChange={change} onReload={answer.reload} />
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="the targets" />}
      {answer.data &&
        (filter.dropped ? (
          <DroppedList data={answer.data} filter={filter} />
        ) : (
          <ActiveList targets={answer.data.activeTargets ?? []} filter={filter} onReset={() => go('targets')} />
        ))}
    </div>
  );
}

interface ShownPool {
  pool: Pool<ActiveTarget>;
  /** The targets that pass the filter. */
  shown: ActiveTarget[];
}

function ActiveList({ targets, filter, onReset }: {
  targets: readonly ActiveTarget[];
  filter: Filter;
  onReset: () => void;
}) {
  const all = useMemo(() => byPool(targets, (target) => target.scrapePool), [targets]);
  const pools = useMemo(() => all.flatMap((pool): ShownPool[] => {
    if (filter.pool && pool.name !== filter.pool) return [];
    const shown = pool.targets.filter((target) => passes(target, filter));
    return shown.length > 0 ? [{ pool, shown }] : [];
  }), [all, filter]);

  if (targets.length === 0) {
    return (
      <Empty title="Nothing is scraped yet.">
        <p>
          Name targets under <code>scrape_configs</code> in the configuration and reload it. If
          there are some, relabelling may have dropped them all: see Dropped above.
        </p>
      </Empty>
    );
  }
  if (pools.length === 0) {
    return (
      <Empty title="No target passes the filter.">
        <p>
          <button type="button" class="button" onClick={onReset}>Show all {targets.length}</button>
        </p>
      </Empty>
    );
  }
  const opens = ({ pool }: ShownPool) =>
    targets.length <= UNFOLD_ALL || pools.length === 1 || pool.targets.some(({ health }) => health === 'down');
  return (
    <Windowed items={pools} keyOf={({ pool }) => pool.name} guess={(one) => guessPool(one.shown, opens(one))} as="list">
      {(one) => <PoolSection pool={one.pool} shown={one.shown} open={opens(one)} />}
    </Windowed>
  );
}

function passes(target: ActiveTarget, { health, search }: Filter): boolean {
  if (health.length > 0 && !health.includes(target.health)) return false;
  return search.trim() === '' || matches(textOf(target), search.trim());
}
