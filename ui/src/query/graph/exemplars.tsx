// The exemplars of a panel's expression: marks over its graph, and all of them as a table below.
import { useMemo, useState } from 'preact/hooks';
import { post } from '../../api/client';
import { usePolled } from '../../api/use-polled';
import { formatCount } from '../../lib/number';
import { useStore } from '../../lib/store';
import { formatTime, zone } from '../../lib/time';
import { More } from '../../parts/more';
import { Notice } from '../../parts/notice';
import { SeriesName } from '../../parts/series-name';
import { ExemplarLabels, ExemplarLayer } from '../../plot/exemplar-layer';
import { thinOut, toExemplars, type Exemplar, type ExemplarAnswer } from '../../plot/exemplars';
import type { Place } from '../../plot/place';

interface Props {
  expr: string;
  startS: number;
  endS: number;
  place: Place;
  /** Of the plot, pixels. */
  width: number;
}

/** The marks, and what there is to say of them. */
export function GraphExemplars({ expr, startS, endS, place, width }: Props) {
  const where = useStore(zone);
  const { data, error, loading } = usePolled(JSON.stringify([expr, startS, endS]), async (signal) => {
    const params = { query: expr, start: startS, end: endS };
    return toExemplars((await post<ExemplarAnswer>('query_exemplars', params, signal)).data);
  });
  const marked = useMemo(() => thinOut(data ?? [], startS * 1000, endS * 1000), [data, startS, endS]);
  if (error) return <Notice tone="bad" title="Exemplars could not be loaded.">{error.message}</Notice>;
  if (!data) return null;
  if (data.length === 0 && !loading) {
    return (
      <Notice tone="info" title="No exemplars in this range.">
        Targets send them with the samples of counters and of buckets, where they trace requests.
      </Notice>
    );
  }
  return (
    <>
      <ExemplarLayer exemplars={marked} place={place} width={width} zone={where} write={String} />
      <ExemplarTable exemplars={data} marked={marked.length} />
    </>
  );
}

/** Rows of the table drawn at a time. */
const ROWS = 100;

function ExemplarTable({ exemplars, marked }: { exemplars: readonly Exemplar[]; marked: number }) {
  const where = useStore(zone);
  const [open, setOpen] = useState(false);
  const [most, setMost] = useState(ROWS);
  const newest = exemplars.toReversed();
  return (
    <details class="below" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {formatCount(exemplars.length)} exemplars as a table
        {marked < exemplars.length && `; ${formatCount(marked)} of them are marked, the highest of their time`}
      </summary>
      {open && (
        <>
          <div class="table-scroll" tabIndex={0} role="region" aria-label="Exemplars">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Time</th>
                  <th scope="col" class="number">Value</th>
                  <th scope="col">Labels</th>
                  <th scope="col">Series</th>
                </tr>
              </thead>
              <tbody>
                {newest.slice(0, most).map((one, i) => (
                  <tr key={i}>
                    <td class="number">{formatTime(one.timeMs, where)}</td>
                    <td class="number">{one.value}</td>
                    <td><ExemplarLabels exemplar={one} /></td>
                    <td><SeriesName labels={one.series} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <More shown={Math.min(most, newest.length)} all={newest.length} step={ROWS} onMore={() => setMost(most + ROWS)} />
        </>
      )}
    </details>
  );
}
