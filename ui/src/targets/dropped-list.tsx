// Targets that relabelling dropped, with what was known of them before.
import { useMemo, useState } from 'preact/hooks';
import type { DroppedTarget, TargetsData } from '../api/types';
import { formatCount } from '../lib/number';
import { matches, textOfLabels } from '../lib/search';
import { Empty } from '../parts/notice';
import type { Filter } from './filter';
import { LabelList } from '../parts/label-list';
import { byPool } from './pools';

/** Targets drawn at once. */
const PAGE_ROWS = 100;

/** The list. */
export function DroppedList({ data, filter }: { data: TargetsData; filter: Filter }) {
  const [rows, setRows] = useState(PAGE_ROWS);
  const found = useMemo(() => select(data.droppedTargets ?? [], filter), [data, filter]);
  const pools = byPool(found.slice(0, rows), poolOf);
  if (found.length === 0) {
    return (
      <Empty title="No dropped target to show.">
        <p>Relabelling dropped none, none passes the filter, or <code>keep_dropped_targets</code> keeps none.</p>
      </Empty>
    );
  }
  return (
    <>
      <p class="soft">
        These were discovered, and dropped by <code>relabel_configs</code>. Their labels before
        relabelling:
      </p>
      {pools.map(({ name, targets }) => (
        <section key={name} class="pool pool-dropped">
          <h2 class="pool-head pool-head-plain">
            <span class="pool-name">{name}</span>{' '}
            <span class="soft">{formatCount(data.droppedTargetCounts?.[name] ?? targets.length)} dropped</span>
          </h2>
          <ul class="dropped">
            {targets.map((target, index) => (
              <li key={index}><LabelList labels={target.discoveredLabels} plain /></li>
            ))}
          </ul>
        </section>
      ))}
      {found.length > rows && (
        <p class="more">
          <button type="button" class="button" onClick={() => setRows(rows + 5 * PAGE_ROWS)}>
            Show more of {formatCount(found.length - rows)}
          </button>
        </p>
      )}
    </>
  );
}

function poolOf(target: DroppedTarget): string {
  return target.scrapePool ?? target.discoveredLabels['job'] ?? 'unknown job';
}

function select(targets: readonly DroppedTarget[], { pool, search }: Filter): DroppedTarget[] {
  return targets.filter((target) => {
    if (pool && poolOf(target) !== pool) return false;
    return search.trim() === '' || matches(textOfLabels(target.discoveredLabels), search.trim());
  });
}
