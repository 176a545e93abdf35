// The metrics explorer: every metric's name, with the type and help that its targets give.
import { useMemo, useState } from 'preact/hooks';
import type { MetricMetadata } from '../api/types';
import { useAnswer } from '../api/use-answer';
import { formatCount } from '../lib/number';
import { Dialog } from '../parts/dialog';
import { Empty, Failure, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';

/** Rows drawn at once; searching finds the others. */
const MAX_SHOWN = 200;

interface Metric {
  name: string;
  type: string;
  help: string;
  /** What the search looks through, in lower case. */
  haystack: string;
}

/** The dialog. */
export function MetricsDialog({ onPick, onClose }: {
  onPick: (name: string) => void;
  onClose: () => void;
}) {
  const [search, setSearch] = useState('');
  const names = useAnswer<string[]>('label/__name__/values');
  const metadata = useAnswer<Record<string, MetricMetadata[]>>('metadata');
  const metrics = useMemo(
    () => (names.data ?? []).map((name) => describe(name, metadata.data ?? {})),
    [names.data, metadata.data],
  );
  const found = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/);
    return metrics.filter(({ haystack }) => words.every((word) => haystack.includes(word)));
  }, [metrics, search]);

  return (
    <Dialog title="Metrics" onClose={onClose}>
      <div class="dialog-tools">
        <SearchBox label="Search names and help" value={search} onChange={setSearch} focus />
        <span class="soft" role="status">{formatCount(found.length)} metrics</span>
      </div>
      {names.error && <Failure error={names.error} retry={names.reload} />}
      {names.loading && !names.data && <Waiting what="the metrics" />}
      {names.data && found.length === 0 && (
        <Empty title={metrics.length === 0 ? 'Nothing is stored yet.' : 'Nothing matches.'}>
          {metrics.length === 0 && <p>Metrics appear after the first scrape; see the targets page.</p>}
        </Empty>
      )}
      <ul class="pick-list">
        {found.slice(0, MAX_SHOWN).map((metric) => (
          <li key={metric.name}>
            <button type="button" onClick={() => onPick(metric.name)}>
              <code>{metric.name}</code>
              {metric.type && <span class="tag">{metric.type}</span>}
              <span class="pick-help">{metric.help}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length > MAX_SHOWN && (
        <p class="soft">{formatCount(found.length - MAX_SHOWN)} more: search to narrow the list.</p>
      )}
    </Dialog>
  );
}

/** A histogram's and a summary's series carry suffixes that its metadata does not. */
const SUFFIX = /_(bucket|count|sum|total|created|info)$/;

function describe(name: string, metadata: Record<string, MetricMetadata[]>): Metric {
  const entry = (metadata[name] ?? metadata[name.replace(SUFFIX, '')])?.[0];
  const type = entry?.type ?? '';
  const help = entry?.help ?? '';
  return { name, type, help, haystack: `${name} ${type} ${help}`.toLowerCase() };
}
