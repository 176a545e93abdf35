// Targets that relabelling dropped, with what was known of them before.
import { useMemo } from 'preact/hooks';
import type { DroppedTarget, TargetsData } from '../api/types';
import { formatCount } from '../lib/number';
import { matches, textOfLabels } from '../lib/search';
import { Empty } from '../parts/notice';
import { Windowed } from '../parts/windowed';
import type { Filter } from './filter';
import { LabelList } from '../parts/label-list';
import { byPool } from './pools';

/** Heights before they were drawn, pixels. */
const [HEAD_PX, ROW_PX] = [40, 60];

/** The list. */
export function DroppedList({ data, filter }: { data: TargetsData; filter: Filter }) {
  const found = useMemo(() => select(data.droppedTargets ?? [], filter), [data, filter]);
  const pools = useMemo(() => byPool(found, poolOf), [found]);
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
      <Windowed items={pools} keyOf={({ name }) => name} guess={({ targets }) => HEAD_PX + targets.length * ROW_PX} as="list">
        {({ name, targets }) => (
        <section class="pool pool-dropped">
          <h2 class="pool-head pool-head-plain">
            <span class="pool-name">{name}</span>{' '}
            <span class="soft">{formatCount(data.droppedTargetCounts?.[name] ?? targets.length)} dropped</span>
          </h2>
          <div class="dropped">
            <Windowed items={targets} keyOf={(_, index) => String(index)} guess={() => ROW_PX} as="list">
              {(target) => <LabelList labels={target.discoveredLabels} plain />}
            </Windowed>
          </div>
        </section>
        )}
      </Windowed>
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
