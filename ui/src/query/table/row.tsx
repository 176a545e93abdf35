// One row of an answer's table.
import type { HistogramValue } from '../../api/types';
import { formatTime, type Zone } from '../../lib/time';
import { memo } from '../../parts/memo';
import { SeriesName } from '../../parts/series-name';
import type { Row } from './rows';

/** Values of one series drawn in one cell: a range may hold thousands. */
export const MAX_VALUES = 200;

/** The row. */
export const TableRow = memo(({ row, where, place }: { row: Row; where: Zone; place: number }) => {
  const left = row.values.length - MAX_VALUES;
  return (
    <tr aria-rowindex={place}>
      <td>{row.labels ? <SeriesName labels={row.labels} /> : <em>{row.key}</em>}</td>
      <td class="number">
        {row.values.slice(-MAX_VALUES).map(([time, value]) => (
          <div key={time} class="sample">
            {value}
            {row.timed && <span class="sample-time"> @ {formatTime(time * 1000, where)}</span>}
          </div>
        ))}
        {left > 0 && <div class="sample-time">{left} earlier values are in the CSV</div>}
        {row.histograms.slice(-MAX_VALUES).map(([time, histogram]) => (
          <Histogram key={time} histogram={histogram} />
        ))}
      </td>
    </tr>
  );
});

function Histogram({ histogram }: { histogram: HistogramValue }) {
  return (
    <details class="sample">
      <summary>
        count {histogram.count}, sum {histogram.sum}
      </summary>
      {(histogram.buckets ?? []).map(([rule, lower, upper, count]) => (
        <div key={`${lower},${upper}`}>
          {rule === 1 || rule === 3 ? '[' : '('}
          {lower}, {upper}
          {rule === 0 || rule === 3 ? ']' : ')'}: {count}
        </div>
      ))}
    </details>
  );
}
