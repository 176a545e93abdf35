// Silences in a table: what they hold for, until when, whose they are and why.
import { useState } from 'preact/hooks';
import { expireSilence, type Silence } from '../api/alertmanager';
import { asApiError } from '../api/use-polled';
import type { ApiError } from '../api/client';
import { formatDuration } from '../lib/duration';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';
import { Link } from '../parts/link';
import { More } from '../parts/more';
import { Notice } from '../parts/notice';
import { formatMatchers, fromApi } from './matchers';
import { SilenceStateMark } from './silence-state';

/** Silences drawn at once. */
const PAGE_ROWS = 100;

/** The table; `onChanged` is called when one was ended. */
export function SilenceList({ silences, onChanged }: {
  silences: readonly Silence[];
  onChanged: () => void;
}) {
  const [rows, setRows] = useState(PAGE_ROWS);
  const [error, setError] = useState<ApiError>();
  const expire = (id: string) =>
    expireSilence(id).then(
      () => {
        setError(undefined);
        onChanged();
      },
      (reason: unknown) => setError(asApiError(reason)),
    );
  return (
    <>
      {error && <Notice tone="bad" title="The silence was not ended.">{error.message}</Notice>}
      <div class="card silence-card table-scroll">
        <table class="table table-stack silence-table">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Matchers</th>
              <th scope="col">Comment</th>
              <th scope="col">Ends</th>
              <th scope="col"><span class="hidden">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            {silences.slice(0, rows).map((silence) => (
              <Row key={silence.id} silence={silence} onExpire={() => void expire(silence.id)} />
            ))}
          </tbody>
        </table>
        <More shown={rows} all={silences.length} step={PAGE_ROWS} onMore={() => setRows(rows + PAGE_ROWS)} />
      </div>
    </>
  );
}

function Row({ silence, onExpire }: { silence: Silence; onExpire: () => void }) {
  const where = useStore(zone);
  const ended = silence.status.state === 'expired';
  const search = `id=${encodeURIComponent(silence.id)}`;
  return (
    <tr>
      <td><SilenceStateMark state={silence.status.state} /></td>
      <td>
        <Link path="silence" search={search} class="expression-link">
          <code>{formatMatchers(silence.matchers.map(fromApi))}</code>
        </Link>
      </td>
      <td>
        {silence.comment || <span class="soft">no comment</span>}
        <div class="soft">{silence.createdBy || 'nobody named'}</div>
      </td>
      <td title={formatTimeWithZone(Date.parse(silence.endsAt), where)}>
        {describeEnd(silence, Date.now(), where)}
      </td>
      <td class="row-actions">
        <Link path="silence" search={search} class="text-button">{ended ? 'Recreate' : 'Edit'}</Link>
        {!ended && (
          <button type="button" class="text-button" onClick={onExpire}>
            Expire
          </button>
        )}
      </td>
    </tr>
  );
}

function describeEnd(silence: Silence, now: number, where: 'utc' | 'local'): string {
  const [start, end] = [Date.parse(silence.startsAt), Date.parse(silence.endsAt)];
  const roughly = (ms: number) => formatDuration(Math.max(60_000, Math.round(ms / 60_000) * 60_000));
  if (silence.status.state === 'pending') return `begins in ${roughly(start - now)}`;
  if (silence.status.state === 'active') return `in ${roughly(end - now)}`;
  return formatTimeWithZone(end, where);
}
