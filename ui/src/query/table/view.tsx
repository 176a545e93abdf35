// An answer as a table: one row a series.
import { useMemo, useState } from 'preact/hooks';
import type { HistogramValue, SamplePair } from '../../api/types';
import { formatCount, parseNumber } from '../../lib/number';
import { useStore } from '../../lib/store';
import { zone } from '../../lib/time';
import { Notice } from '../../parts/notice';
import type { Finished } from '../use-query';
import { toRows, type Row } from './rows';
import { TableRow } from './row';

/** Rows drawn without asking: what a browser lays out without a pause that is felt. */
const FIRST_ROWS = 1000;

/** Histograms whose pictures are drawn without asking. */
const FEW_PICTURES = 5;

type Order = 'given' | 'falling' | 'rising';

const NEXT: Record<Order, Order> = { given: 'falling', falling: 'rising', rising: 'given' };
const ARIA = { given: 'none', falling: 'descending', rising: 'ascending' } as const;
const MARK: Record<Order, string> = { given: '', falling: ' ▼', rising: ' ▲' };

/** The table. */
export function TableView({ finished }: { finished: Finished }) {
  const where = useStore(zone);
  const [all, setAll] = useState(false);
  const [order, setOrder] = useState<Order>('given');
  const rows = useMemo(() => toRows(finished.data), [finished.data]);
  const sorted = useMemo(() => sort(rows, order), [rows, order]);
  const pictures = rows.reduce((sum, { histograms }) => sum + histograms.length, 0);
  const shown = all ? sorted : sorted.slice(0, FIRST_ROWS);

  return (
    <>
      {shown.length < rows.length && (
        <Notice tone="info" title={`The first ${formatCount(shown.length)} of ${formatCount(rows.length)} series are shown.`}>
          <button type="button" class="button" onClick={() => setAll(true)}>
            Show all {formatCount(rows.length)}
          </button>
        </Notice>
      )}
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Result">
        <table class="table result-table">
          <thead>
            <tr>
              <th scope="col">Series</th>
              <th scope="col" class="number" aria-sort={ARIA[order]}>
                <button type="button" class="sort" onClick={() => setOrder(NEXT[order])}>
                  Value{MARK[order]}
                </button>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => <TableRow key={row.key} row={row} where={where} unfolded={pictures <= FEW_PICTURES} />)}
          </tbody>
        </table>
      </div>
    </>
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
