// Taking an answer elsewhere, as CSV.
import type { QueryResult } from '../api/types';
import { download } from '../lib/export';
import { CopyButton } from '../parts/copy-button';
import { Icon } from '../parts/icon';
import { resultToCsv } from './result-csv';

/** The buttons. */
export function ExportButtons({ data }: { data: QueryResult }) {
  return (
    <div class="export">
      <CopyButton label="Copy CSV" text={() => resultToCsv(data)} />
      <button
        type="button"
        class="button button-quiet"
        onClick={() => download('argand-query.csv', 'text/csv', resultToCsv(data))}
      >
        <Icon name="save" /> Save CSV
      </button>
    </div>
  );
}
