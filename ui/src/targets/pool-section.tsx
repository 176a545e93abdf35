// One job: a heading that folds, and its targets.
import { useMemo } from 'preact/hooks';
import type { ActiveTarget } from '../api/types';
import { formatCount } from '../lib/number';
import { Icon } from '../parts/icon';
import { useKept } from '../parts/kept';
import { Windowed } from '../parts/windowed';
import { rank } from './rank';
import type { Pool } from './pools';
import { TargetRow } from './target-row';

/** Heights of a section's parts before they were drawn, pixels. */
const [HEAD_PX, ROW_PX, ERROR_PX] = [45, 76, 30];

const keyOf = (target: ActiveTarget) => `${target.scrapeUrl} ${JSON.stringify(target.labels)}`;
const guessRow = (target: ActiveTarget) => ROW_PX + (target.lastError ? ERROR_PX : 0);

/** About how high a section is that was not drawn yet. */
export function guessPool(shown: readonly ActiveTarget[], open: boolean): number {
  return HEAD_PX + (open ? ROW_PX / 2 + shown.length * ROW_PX : 0);
}

/** The section; `open` is how it starts. */
export function PoolSection({ pool, shown, open }: {
  pool: Pool<ActiveTarget>;
  shown: readonly ActiveTarget[];
  open: boolean;
}) {
  const [chosen, setChosen] = useKept<boolean | undefined>('fold', undefined);
  const ranked = useMemo(() => rank(shown), [shown]);
  const unfolded = chosen ?? open;
  const up = pool.targets.filter(({ health }) => health === 'up').length;
  const down = pool.targets.filter(({ health }) => health === 'down').length;
  const state = down > 0 ? 'down' : up === pool.targets.length ? 'up' : 'unknown';

  return (
    <section class={`pool pool-${state}`}>
      <h2 class="pool-head">
        <button type="button" aria-expanded={unfolded} onClick={() => setChosen(!unfolded)}>
          <Icon name={unfolded ? 'down' : 'right'} />
          <span class="pool-name">{pool.name}</span>
          <span class={`mark mark-${state}`}>
            {formatCount(up)} / {formatCount(pool.targets.length)} up
          </span>
          {shown.length < pool.targets.length && (
            <span class="soft">{formatCount(shown.length)} shown</span>
          )}
        </button>
      </h2>
      {unfolded && (
        <div class="table-scroll">
          <table class="table table-stack target-table" aria-rowcount={ranked.length + 1}>
            <thead>
              <tr aria-rowindex={1}>
                <th scope="col">State</th>
                <th scope="col">Endpoint</th>
                <th scope="col">Labels</th>
                <th scope="col" class="number">Last scrape</th>
                <th scope="col" class="number">Duration</th>
              </tr>
            </thead>
            <Windowed items={ranked} keyOf={keyOf} guess={guessRow} as="rows">
              {(target, index) => <TargetRow target={target} place={index + 2} />}
            </Windowed>
          </table>
        </div>
      )}
    </section>
  );
}
