// Links to other dashboards.
import { Link } from '../../parts/link';
import { Failure } from '../../parts/notice';
import { pathOf } from '../address';
import { useDashboards } from '../list';
import type { PanelProps } from './props';

/** The panel. */
export function DashList({ panel }: PanelProps) {
  const all = useDashboards();
  if (all.error) return <Failure error={all.error} retry={all.reload} />;
  const search = String(panel.options['query'] ?? '').toLowerCase();
  const given = panel.options['tags'];
  const tags = Array.isArray(given) ? given.map(String) : [];
  const most = typeof panel.options['maxItems'] === 'number' ? panel.options['maxItems'] : 30;
  const found = (all.data?.dashboards ?? [])
    .filter((one) => one.title.toLowerCase().includes(search) && tags.every((tag) => one.tags.includes(tag)))
    .slice(0, most);
  if (!all.loading && found.length === 0) return <p class="dash-empty">No dashboards.</p>;
  return (
    <ul class="dash-list" tabIndex={0} aria-label="Dashboards">
      {found.map((one) => (
        <li key={one.uid}>
          <Link path={pathOf(one)}>{one.title}</Link>{' '}
          {one.folder && <span class="soft dash-list-more">{one.folder}</span>}
        </li>
      ))}
    </ul>
  );
}
