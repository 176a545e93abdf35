// The page of the push gateway: what jobs pushed, when, and taking it away.
import { useMemo, useState } from 'preact/hooks';
import { usePolled, asApiError } from '../api/use-polled';
import type { ApiError } from '../api/client';
import { formatAgo } from '../lib/duration';
import { formatCount } from '../lib/number';
import { go } from '../lib/router';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone } from '../lib/time';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { LabelList } from '../parts/label-list';
import { Empty, Failure, Notice, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { groups, removeGroup, type PushedFamily, type PushedGroup } from './groups';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 10_000;

/** Groups drawn at once. */
const MAX_GROUPS = 200;

/** Metrics of a family that are listed. */
const MAX_METRICS = 100;

/** The page; `search` is the address's query string. */
export function PushPage({ search }: { search: string }) {
  const text = useMemo(() => new URLSearchParams(search).get('search') ?? '', [search]);
  const answer = usePolled('groups', groups, EVERY_MS);
  const all = answer.data ?? [];
  const shown = all.filter(({ labels }) => fits(labels, text));
  return (
    <div class="page">
      <h1 class="hidden">Pushed metrics</h1>
      <div class="toolbar">
        <SearchBox
          label="Search groups by label"
          value={text}
          onChange={(typed) => go('pushgateway', typed ? new URLSearchParams({ search: typed }).toString() : '', true)}
        />
        {answer.data && <span class="soft">{formatCount(shown.length)} of {formatCount(all.length)} groups</span>}
      </div>
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {answer.data === undefined && !answer.error && <Waiting what="the groups" />}
      {answer.data?.length === 0 && (
        <Empty title="Nothing was pushed yet.">
          <p>
            Jobs push to <code>/pushgateway/metrics/job/NAME</code>, or to a port of its own with{' '}
            <code>--push.listen-address</code>.
          </p>
        </Empty>
      )}
      {all.length > 0 && shown.length === 0 && <Empty title="No group has such a label." />}
      {shown.slice(0, MAX_GROUPS).map((group) => (
        <Group key={JSON.stringify(group.labels)} group={group} onRemoved={answer.reload} />
      ))}
      {shown.length > MAX_GROUPS && <p class="soft">{formatCount(shown.length - MAX_GROUPS)} more: search for theirs.</p>}
    </div>
  );
}

function fits(labels: PushedGroup['labels'], text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return Object.entries(labels).some(([name, value]) => `${name}="${value}"`.toLowerCase().includes(wanted));
}

function Group({ group, onRemoved }: { group: PushedGroup; onRemoved: () => void }) {
  const [removing, setRemoving] = useState(false);
  const where = useStore(zone);
  const { pushedAt, failedAt, well, families } = group;
  return (
    <section class="card pushed">
      <div class="pushed-head">
        <LabelList labels={group.labels} />
        <span class="pushed-state">
          {well ? (
            <span class="mark mark-up"><Icon name="check" /> Pushed</span>
          ) : (
            <span class="mark mark-down"><Icon name="cross" /> Refused</span>
          )}
          <Ago at={well ? pushedAt : failedAt} />
        </span>
        <button type="button" class="link-button" onClick={() => setRemoving(true)}>Delete</button>
      </div>
      {!well && pushedAt !== null && <p class="soft pushed-note">Last taken {formatTimeWithZone(pushedAt, where)}</p>}
      {group.expires && <p class="soft pushed-note">Goes by itself at {formatTimeWithZone(Date.parse(group.expires), where)}</p>}
      {families.length > 0 && (
        <details>
          <summary>{formatCount(families.length)} {families.length === 1 ? 'metric' : 'metrics'}</summary>
          {families.map((family) => <Family key={family.name} family={family} />)}
        </details>
      )}
      {removing && <Remove group={group} onClose={() => setRemoving(false)} onDone={onRemoved} />}
    </section>
  );
}

function Ago({ at }: { at: number | null }) {
  const where = useStore(zone);
  if (at === null) return null;
  return <span class="soft" title={formatTimeWithZone(at, where)}>{formatAgo(at, Date.now())}</span>;
}

function Family({ family: { name, type, help, metrics } }: { family: PushedFamily }) {
  return (
    <div class="pushed-family">
      <div>
        <code>{name}</code> <span class="tag">{type}</span> <span class="soft">{help}</span>
      </div>
      <table class="table">
        <tbody>
          {metrics.slice(0, MAX_METRICS).map((metric, place) => (
            <tr key={place}>
              <td><LabelList labels={metric.labels} /></td>
              <td class="number">{metric.value ?? `${metric.count} observed, sum ${metric.sum}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {metrics.length > MAX_METRICS && <p class="soft">{formatCount(metrics.length - MAX_METRICS)} more.</p>}
    </div>
  );
}

function Remove({ group, onClose, onDone }: { group: PushedGroup; onClose: () => void; onDone: () => void }) {
  const [error, setError] = useState<ApiError>();
  const remove = () =>
    removeGroup(group.labels).then(
      () => {
        onClose();
        onDone();
      },
      (reason: unknown) => setError(asApiError(reason)),
    );
  return (
    <Dialog title="Delete this group?" onClose={onClose}>
      <div class="pushed-remove">
        <LabelList labels={group.labels} />
        <p>Its metrics end now. A job that pushes again makes it anew.</p>
        {error && <Notice tone="bad" title="It was not deleted.">{error.message}</Notice>}
        <div class="form-actions">
          <button type="button" class="button" onClick={onClose}>Keep</button>
          <button type="button" class="button button-main" onClick={remove}>Delete</button>
        </div>
      </div>
    </Dialog>
  );
}
