// How large the head is, and what makes it large.
import { useAnswer } from '../api/use-answer';
import type { NameValue, TsdbStatus } from '../api/types';
import { formatBytes, formatCount } from '../lib/number';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone, type Zone } from '../lib/time';
import { Empty } from '../parts/notice';
import { FactsTable } from './facts-table';
import { PageFrame } from './page-frame';

/** The page. */
export function StoragePage() {
  const answer = useAnswer<TsdbStatus>('status/tsdb');
  const where = useStore(zone);
  return (
    <PageFrame
      title="Storage"
      lead="The series being written now, and which names and labels they come from."
      answer={answer}
    >
      {(data) => (
        <div class="cards">
          {data.headStats && <FactsTable title="Head" rows={headRows(data.headStats, where)} />}
          <Ranking title="Series by metric" unit="Series" rows={data.seriesCountByMetricName} print={formatCount} />
          <Ranking title="Values by label" unit="Values" rows={data.labelValueCountByLabelName} print={formatCount} />
          <Ranking title="Memory by label" unit="Memory" rows={data.memoryInBytesByLabelName} print={formatBytes} />
          <Ranking title="Series by label pair" unit="Series" rows={data.seriesCountByLabelValuePair} print={formatCount} />
        </div>
      )}
    </PageFrame>
  );
}

type HeadStats = NonNullable<TsdbStatus['headStats']>;

function headRows(head: HeadStats, where: Zone): [string, string][] {
  // An empty head spans from the largest to the smallest time.
  const time = (ms: number) =>
    head.minTime > head.maxTime ? 'no samples yet' : formatTimeWithZone(ms, where);
  return [
    ['Series', formatCount(head.numSeries)],
    ['Chunks', formatCount(head.chunkCount)],
    ['Label pairs', formatCount(head.numLabelPairs)],
    ['First sample', time(head.minTime)],
    ['Last sample', time(head.maxTime)],
  ];
}

function Ranking({ title, unit, rows, print }: {
  title: string;
  unit: string;
  rows: NameValue[] | null;
  print: (value: number) => string;
}) {
  const list = rows ?? [];
  const largest = Math.max(1, ...list.map(({ value }) => value));
  return (
    <section class="card">
      <h2>{title}</h2>
      {list.length === 0 ? (
        <Empty title="Nothing is stored yet." />
      ) : (
        <table class="table ranking">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="number">{unit}</th>
            </tr>
          </thead>
          <tbody>
            {list.map(({ name, value }) => (
              <tr key={name}>
                <td>
                  <span class="ranking-name">{name}</span>
                  <span class="ranking-bar" style={{ width: `${(100 * value) / largest}%` }} />
                </td>
                <td class="number">{print(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
