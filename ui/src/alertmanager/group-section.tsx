// One group of alerts: who is told of it, and its alerts.
import type { AlertGroup, GettableAlert } from '../api/alertmanager';
import { moment } from '../api/rules';
import { formatCount } from '../lib/number';
import { Fold } from '../parts/fold';
import { Icon } from '../parts/icon';
import { Link } from '../parts/link';
import { Moment } from '../parts/moment';
import { Windowed } from '../parts/windowed';
import { Annotations } from '../rules/annotations';
import { formatMatcher, silenceAddress } from './matchers';
import { Taken, TakeOn } from './take-on';

/** Heights of a section's parts before they were drawn, pixels. */
const [HEAD_PX, ITEM_PX] = [45, 110];

/** About how high a section is that was not drawn yet. */
export function guessGroup({ alerts }: AlertGroup, open: boolean): number {
  return HEAD_PX + (open ? alerts.length * ITEM_PX : 0);
}

type OnLabel = (name: string, value: string) => void;

/** The section; a press on a label calls `onLabel`. */
export function GroupSection({ group, open, onLabel, onChanged }: {
  group: AlertGroup;
  open: boolean;
  onLabel: OnLabel;
  /** Somebody took an alert on, or gave it back. */
  onChanged: () => void;
}) {
  const pairs = Object.entries(group.labels);
  const quiet = group.alerts.every(({ status }) => status.state === 'suppressed');
  const head = (
    <>
      <span class="pool-name">
        {pairs.length === 0
          ? 'Not grouped'
          : pairs.map(([name, value]) => formatMatcher({ name, operator: '=', value })).join(', ')}
      </span>
      <span class="tag">{formatCount(group.alerts.length)}</span>
      <span class="soft pool-facts">to {group.receiver.name}</span>
    </>
  );
  return (
    <Fold tone={quiet ? 'unknown' : 'down'} head={head} open={open}>
      {() => (
        <Windowed items={group.alerts} keyOf={({ fingerprint }) => fingerprint} guess={() => ITEM_PX} as="list">
          {(alert) => <AlertItem alert={alert} onLabel={onLabel} onChanged={onChanged} />}
        </Windowed>
      )}
    </Fold>
  );
}

function AlertItem({ alert, onLabel, onChanged }: {
  alert: GettableAlert;
  onLabel: OnLabel;
  onChanged: () => void;
}) {
  const labels = Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div class="alert-item">
      <div class="alert-head">
        <State alert={alert} />
        <span class="soft">since <Moment ms={moment(alert.startsAt)} /></span>
        <span class="alert-actions">
          {alert.generatorURL && (
            <a href={alert.generatorURL} rel="noreferrer"><Icon name="outside" /> Source</a>
          )}
          <Link path="silence" search={silenceAddress(alert.labels)}><Icon name="silence" /> Silence</Link>
          {!alert.status.acknowledged && <TakeOn alert={alert} onDone={onChanged} />}
        </span>
      </div>
      {alert.status.acknowledged && (
        <Taken alert={alert} acknowledgement={alert.status.acknowledged} onDone={onChanged} />
      )}
      <ul class="labels">
        {labels.map(([name, value]) => (
          <li key={name}>
            <button type="button" class="label-button" title="Show only these" onClick={() => onLabel(name, value)}>
              <span class="series-label">{name}</span>=<span class="series-value">"{value}"</span>
            </button>
          </li>
        ))}
      </ul>
      <Annotations annotations={alert.annotations} />
    </div>
  );
}

function State({ alert: { status } }: { alert: GettableAlert }) {
  if (status.silencedBy.length > 0) {
    return (
      <span class="mark mark-unknown">
        <Icon name="silence" /> Silenced by{' '}
        {status.silencedBy.map((id) => (
          <Link key={id} path="silence" search={`id=${encodeURIComponent(id)}`}>{id.slice(0, 8)}</Link>
        ))}
      </span>
    );
  }
  if (status.inhibitedBy.length > 0) {
    return <span class="mark mark-unknown"><Icon name="silence" /> Inhibited</span>;
  }
  if (status.mutedBy.length > 0) {
    return <span class="mark mark-unknown"><Icon name="clock" /> Muted by {status.mutedBy.join(', ')}</span>;
  }
  return <span class="mark mark-down"><Icon name="bell" /> Active</span>;
}
