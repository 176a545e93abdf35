// The history page: what fired and ended, and who was told or could not be.
import { useMemo } from 'preact/hooks';
import { useAnswer } from '../api/use-answer';
import { go } from '../lib/router';
import { Choice } from '../parts/choice';
import { Icon } from '../parts/icon';
import { LabelList } from '../parts/label-list';
import { Link } from '../parts/link';
import { Empty, Waiting } from '../parts/notice';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';
import { AbsentOrFailed } from './absent';
import type { Labels } from '../lib/labels';

/** Time between two looks at the newest page, in milliseconds. */
const EVERY_MS = 15_000;

type What = 'notifications' | 'alerts';

const WHATS = [
  { value: 'notifications', label: 'Notifications' },
  { value: 'alerts', label: 'Alerts' },
] as const;

interface Told {
  at: string;
  receiver: string;
  integration: string;
  groupKey: string;
  reason: string;
  firing: number;
  resolved: number;
  attempts: number;
  outcome: 'sent' | 'failed';
  error?: string;
}

interface AlertEvent {
  at: string;
  status: 'firing' | 'resolved';
  fingerprint: string;
  labels: Labels;
}

interface Page<T> {
  entries: T[];
  /** Names the page after this one. */
  next?: string;
}

/** The page; `search` is the address's query string. */
export function HistoryPage({ search }: { search: string }) {
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const what: What = params.get('show') === 'alerts' ? 'alerts' : 'notifications';
  const outcome = params.get('outcome') ?? '';
  const page = params.get('page') ?? undefined;
  const show = (part: Record<string, string>) => go('alert-history', new URLSearchParams(part).toString());
  return (
    <div class="page">
      <h1 class="hidden">History of alerts</h1>
      <div class="toolbar">
        <Choice<What> name="What" options={WHATS} value={what} onChange={(value) => show({ show: value })} />
        {what === 'notifications' && (
          <select aria-label="Outcome" value={outcome} onChange={(event) => show({ show: what, outcome: event.currentTarget.value })}>
            <option value="">Sent and failed</option>
            <option value="sent">Sent</option>
            <option value="failed">Failed</option>
          </select>
        )}
        {page && <Link path="alert-history" search={`show=${what}`}>Newest</Link>}
      </div>
      {what === 'notifications' ? (
        <Notifications outcome={outcome} page={page} />
      ) : (
        <Alerts page={page} />
      )}
    </div>
  );
}

function Notifications({ outcome, page }: { outcome: string; page: string | undefined }) {
  const params = { outcome: outcome || undefined, page };
  const answer = useAnswer<Page<Told>>('alerting/history/notifications', params, page ? 0 : EVERY_MS);
  if (answer.error) return <AbsentOrFailed error={answer.error} retry={answer.reload} />;
  if (!answer.data) return <Waiting what="the notifications" />;
  if (answer.data.entries.length === 0) return <Empty title="Nobody was told of anything in this time." />;
  return (
    <div class="card silence-card table-scroll">
      <table class="table table-stack history-table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Outcome</th>
            <th scope="col">Receiver</th>
            <th scope="col">Group</th>
            <th scope="col">Why</th>
            <th scope="col" class="number">Alerts</th>
          </tr>
        </thead>
        <tbody>
          {answer.data.entries.map((told, index) => <ToldRow key={index} told={told} />)}
        </tbody>
      </table>
      <Older next={answer.data.next} search={{ show: 'notifications', outcome }} />
    </div>
  );
}

function ToldRow({ told }: { told: Told }) {
  return (
    <tr>
      <td><When text={told.at} /></td>
      <td>
        {told.outcome === 'sent' ? (
          <span class="mark mark-up"><Icon name="check" /> Sent</span>
        ) : (
          <span class="mark mark-down"><Icon name="cross" /> Failed</span>
        )}
        {told.attempts > 1 && <div class="soft">{told.attempts} attempts</div>}
      </td>
      <td>
        <strong>{told.receiver}</strong> <span class="tag">{told.integration}</span>
      </td>
      <td>
        <code class="group-key">{told.groupKey}</code>
        {told.error && <div class="row-error">{told.error}</div>}
      </td>
      <td>{told.reason.replaceAll('_', ' ')}</td>
      <td class="number">
        {told.firing} firing
        {told.resolved > 0 && <div class="soft">{told.resolved} resolved</div>}
      </td>
    </tr>
  );
}

function Alerts({ page }: { page: string | undefined }) {
  const answer = useAnswer<Page<AlertEvent>>('alerting/history/alerts', { page }, page ? 0 : EVERY_MS);
  if (answer.error) return <AbsentOrFailed error={answer.error} retry={answer.reload} />;
  if (!answer.data) return <Waiting what="the alerts" />;
  if (answer.data.entries.length === 0) return <Empty title="Nothing fired in this time." />;
  return (
    <div class="card silence-card table-scroll">
      <table class="table table-stack history-table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Labels</th>
          </tr>
        </thead>
        <tbody>
          {answer.data.entries.map((event, index) => (
            <tr key={index}>
              <td><When text={event.at} /></td>
              <td>
                {event.status === 'firing' ? (
                  <span class="mark mark-down"><Icon name="bell" /> Began</span>
                ) : (
                  <span class="mark mark-up"><Icon name="check" /> Ended</span>
                )}
              </td>
              <td><LabelList labels={event.labels} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      <Older next={answer.data.next} search={{ show: 'alerts' }} />
    </div>
  );
}

function When({ text }: { text: string }) {
  const where = useStore(zone);
  return <span class="when">{formatTimeWithZone(Date.parse(text), where)}</span>;
}

function Older({ next, search }: { next: string | undefined; search: Record<string, string> }) {
  if (!next) return null;
  return (
    <p class="more">
      <Link path="alert-history" search={new URLSearchParams({ ...search, page: next }).toString()}>Older</Link>
    </p>
  );
}
