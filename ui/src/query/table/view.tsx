// An answer as a table: one row a series.
import { useMemo, useState } from 'preact/hooks';
import type { HistogramValue, SamplePair } from '../../api/types';
import { parseNumber } from '../../lib/number';
import { useStore } from '../../lib/store';
import { zone } from '../../lib/time';
import { Windowed } from '../../parts/windowed';
import type { Finished } from '../use-query';
import { toRows, type Row } from './rows';
import { MAX_VALUES, TableRow } from './row';

/** Heights of rows before they were drawn, pixels. */
const [ROW_PX, SAMPLE_PX] = [31, 19];

const guess = ({ values, histograms }: Row) => ROW_PX + (Math.min(MAX_VALUES, values.length + histograms.length) - 1) * SAMPLE_PX;

/** Histograms whose pictures are drawn without asking. */
const FEW_PICTURES = 5;

type Order = 'given' | 'falling' | 'rising';

const NEXT: Record<Order, Order> = { given: 'falling', falling: 'rising', rising: 'given' };
const ARIA = { given: 'none', falling: 'descending', rising: 'ascending' } as const;
const MARK: Record<Order, string> = { given: '', falling: ' ▼', rising: ' ▲' };

/** The table. */
export function TableView({ finished }: { finished: Finished }) {
  const where = useStore(zone);
  const [order, setOrder] = useState<Order>('given');
  const rows = useMemo(() => toRows(finished.data), [finished.data]);
  const sorted = useMemo(() => sort(rows, order), [rows, order]);
  const pictures = rows.reduce((sum, { histograms }) => sum + histograms.length, 0);

  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Result">
      <table class="table result-table" aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Series</th>
            <th scope="col" class="number" aria-sort={ARIA[order]}>
              <button type="button" class="sort" onClick={() => setOrder(NEXT[order])}>
                Value{MARK[order]}
              </button>
            </th>
          </tr>
        </thead>
        <Windowed items={sorted} keyOf={({ key }) => key} guess={guess} as="rows">
          {(row, index) => <TableRow row={row} where={where} place={index + 2} unfolded={pictures <= FEW_PICTURES} />}
        </Windowed>
      </table>
    </div>
  );
}

function sort(rows: Row[], order: Order): Row[] {
  if (order === 'given') return rows;
  const sign = order === 'rising' ? 1 : -1;
  return rows.toSorted((a, b) => {
    const [x, y] = [lastValue(a), lastValue(b)];
    if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;
    if (Number.isNaN(y)) return -1;
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

function lastValue(row: Row): number {
  const last: SamplePair | undefined = row.values.at(-1);
  const histogram: HistogramValue | undefined = row.histograms.at(-1)?.[1];
  return parseNumber(last ? last[1] : (histogram?.count ?? 'NaN'));
}
