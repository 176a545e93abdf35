// One line about the answer: how long it took and how large it is.
import type { QueryResult } from '../api/types';
import { formatDuration, formatElapsed } from '../lib/duration';
import { formatCount } from '../lib/number';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';
import { ExportButtons } from './export-buttons';
import type { Finished } from './use-query';

/** The line, with the buttons that take the answer elsewhere. */
export function StatisticsLine({ finished, loading }: { finished: Finished; loading: boolean }) {
  const where = useStore(zone);
  const { data, elapsedMs, stepS, endS, tab } = finished;
  const samples = data.stats?.samples?.totalQueryableSamples;
  const parts = [
    `${formatCount(countSeries(data))} series`,
    `${formatElapsed(elapsedMs)}`,
    tab === 'graph' ? `step ${formatDuration(stepS * 1000)}` : formatTimeWithZone(endS * 1000, where),
  ];
  if (samples !== undefined) parts.push(`${formatCount(samples)} samples read`);
  return (
    <div class="statistics">
      <p role="status">
        {loading ? 'Loading… ' : ''}
        {parts.map((part, index) => (
          <span key={index} class="statistic">{part}</span>
        ))}
      </p>
      <ExportButtons data={data} />
    </div>
  );
}

function countSeries(data: QueryResult): number {
  return data.resultType === 'vector' || data.resultType === 'matrix' ? data.result.length : 1;
}
