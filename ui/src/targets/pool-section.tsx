// One job: a heading that folds, and its targets page by page.
import { useState } from 'preact/hooks';
import type { ActiveTarget } from '../api/types';
import { formatCount } from '../lib/number';
import { Icon } from '../parts/icon';
import { rank } from './rank';
import type { Pool } from './pools';
import { TargetRow } from './target-row';

/** Targets drawn at once: enough for most jobs, few enough to draw without a pause. */
const PAGE_ROWS = 50;

/** The section; `open` is how it starts. */
export function PoolSection({ pool, shown, open }: {
  pool: Pool<ActiveTarget>;
  shown: readonly ActiveTarget[];
  open: boolean;
}) {
  const [chosen, setChosen] = useState<boolean>();
  const [rows, setRows] = useState(PAGE_ROWS);
  const unfolded = chosen ?? open;
  const up = pool.targets.filter(({ health }) => health === 'up').length;
  const down = pool.targets.filter(({ health }) => health === 'down').length;
  const left = shown.length - rows;
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
          <table class="table table-stack target-table">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Endpoint</th>
                <th scope="col">Labels</th>
                <th scope="col" class="number">Last scrape</th>
                <th scope="col" class="number">Duration</th>
              </tr>
            </thead>
            <tbody>
              {rank(shown).slice(0, rows).map((target) => (
                <TargetRow key={`${target.scrapeUrl} ${JSON.stringify(target.labels)}`} target={target} />
              ))}
            </tbody>
          </table>
          {left > 0 && (
            <p class="more">
              <button type="button" class="button" onClick={() => setRows(rows + 4 * PAGE_ROWS)}>
                Show {formatCount(Math.min(left, 4 * PAGE_ROWS))} more of {formatCount(left)}
              </button>
            </p>
          )}
        </div>
      )}
    </section>
  );
}
