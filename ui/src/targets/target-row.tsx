// One target, with its error in full below it.
import type { ActiveTarget } from '../api/types';
import { formatAgo, formatElapsed } from '../lib/duration';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';
import { useKept } from '../parts/kept';
import { memo } from '../parts/memo';
import { HealthMark } from './health-mark';
import { LabelList } from '../parts/label-list';

/** The row. */
export const TargetRow = memo(({ target, place }: {
  target: ActiveTarget;
  /** Among the rows of the table, the heads included. */
  place: number;
}) => {
  const where = useStore(zone);
  const [open, setOpen] = useKept('discovered', false);
  const scraped = Date.parse(target.lastScrape);
  const never = Number.isNaN(scraped) || scraped <= 0;
  return (
    <>
      <tr aria-rowindex={place}>
        <td><HealthMark health={target.health} /></td>
        <td class="endpoint">
          <a href={target.globalUrl || target.scrapeUrl} rel="noreferrer">{target.scrapeUrl}</a>
        </td>
        <td>
          <LabelList labels={target.labels} />
          <button type="button" class="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide' : 'Show'} discovered labels
          </button>
          {open && <LabelList labels={target.discoveredLabels} plain />}
        </td>
        <td class="number" title={never ? undefined : formatTimeWithZone(scraped, where)}>
          {never ? 'never' : formatAgo(scraped, Date.now())}
          <div class="soft">every {target.scrapeInterval}</div>
        </td>
        <td class="number">
          {never ? '–' : formatElapsed(target.lastScrapeDuration * 1000)}
          <div class="soft">at most {target.scrapeTimeout}</div>
        </td>
      </tr>
      {target.lastError && (
        <tr class="target-error">
          <td colSpan={5}>
            <strong>Error:</strong> {target.lastError}
          </td>
        </tr>
      )}
    </>
  );
});
