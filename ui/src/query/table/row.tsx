// One row of an answer's table.
import type { HistogramValue } from '../../api/types';
import { formatTime, type Zone } from '../../lib/time';
import { useKept } from '../../parts/kept';
import { lazyPart } from '../../parts/lazy-part';
import { memo } from '../../parts/memo';
import { SeriesName } from '../../parts/series-name';
import type { Row } from './rows';

const HistogramPicture = lazyPart(() => import('./histogram').then((module) => module.HistogramPicture));

/** Values of one series drawn in one cell: a range may hold thousands. */
export const MAX_VALUES = 200;

/** The row; `unfolded` where its histograms are drawn before somebody asks for it. */
export const TableRow = memo(({ row, where, place, unfolded }: {
  row: Row;
  where: Zone;
  /** Among the rows of the table, its head included. */
  place: number;
  unfolded: boolean;
}) => {
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
          <Histogram key={time} time={time} histogram={histogram} unfolded={unfolded} />
        ))}
      </td>
    </tr>
  );
});

function Histogram({ time, histogram, unfolded }: { time: number; histogram: HistogramValue; unfolded: boolean }) {
  const [open, setOpen] = useKept(`histogram ${time}`, unfolded);
  return (
    <details class="sample" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        count {histogram.count}, sum {histogram.sum}
      </summary>
      {open && <HistogramPicture histogram={histogram} />}
    </details>
  );
}
