// Totals and filters above the targets.
import { useMemo } from 'preact/hooks';
import type { HealthWord, TargetsData } from '../api/types';
import { formatCount } from '../lib/number';
import { Icon } from '../parts/icon';
import { SearchBox } from '../parts/search-box';
import { HEALTHS, type Filter } from './filter';
import { HealthMark } from './health-mark';

interface Props {
  data: TargetsData | undefined;
  filter: Filter;
  loading: boolean;
  onChange: (part: Partial<Filter>, replace?: boolean) => void;
  onReload: () => void;
}

/** The bar. */
export function Toolbar({ data, filter, loading, onChange, onReload }: Props) {
  const counts = useMemo(() => count(data), [data]);
  const names = useMemo(() => poolNames(data, filter.pool), [data, filter.pool]);
  const toggle = (health: HealthWord) =>
    onChange({
      dropped: false,
      health: filter.health.includes(health)
        ? filter.health.filter((other) => other !== health)
        : [...filter.health, health],
    });

  return (
    <div class="toolbar">
      <div class="filter-buttons" role="group" aria-label="State">
        {HEALTHS.map((health) => (
          <button
            key={health}
            type="button"
            aria-pressed={!filter.dropped && filter.health.includes(health)}
            onClick={() => toggle(health)}
          >
            <HealthMark health={health} /> <strong>{formatCount(counts[health])}</strong>
          </button>
        ))}
        <button
          type="button"
          aria-pressed={filter.dropped}
          onClick={() => onChange({ dropped: !filter.dropped })}
        >
          Dropped <strong>{formatCount(counts.dropped)}</strong>
        </button>
      </div>
      <select
        aria-label="Job"
        value={filter.pool}
        onChange={(event) => onChange({ pool: event.currentTarget.value })}
      >
        <option value="">All jobs</option>
        {names.map((name) => (
          <option key={name} value={name}>{name}</option>
        ))}
      </select>
      <SearchBox
        label="Search addresses, labels, errors"
        value={filter.search}
        onChange={(search) => onChange({ search }, true)}
      />
      <button type="button" class="button" onClick={onReload} aria-busy={loading}>
        <Icon name="reload" /> Refresh
      </button>
    </div>
  );
}

type Counts = Record<HealthWord | 'dropped', number>;

function count(data: TargetsData | undefined): Counts {
  const counts: Counts = { up: 0, down: 0, unknown: 0, dropped: 0 };
  for (const target of data?.activeTargets ?? []) counts[target.health] += 1;
  const totals = data?.droppedTargetCounts;
  counts.dropped = totals
    ? Object.values(totals).reduce((sum, n) => sum + n, 0)
    : (data?.droppedTargets ?? []).length;
  return counts;
}

function poolNames(data: TargetsData | undefined, chosen: string): string[] {
  const names = new Set((data?.activeTargets ?? []).map(({ scrapePool }) => scrapePool));
  for (const name of Object.keys(data?.droppedTargetCounts ?? {})) names.add(name);
  // A name of the address must be shown even where no target has it.
  if (chosen) names.add(chosen);
  return [...names].sort();
}
