// The notifications page: alerts as receivers are told of them, in groups.
import { useMemo } from 'preact/hooks';
import type { AlertGroup } from '../api/alertmanager';
import { useAlertmanager } from '../api/use-alertmanager';
import { go } from '../lib/router';
import { formatCount } from '../lib/number';
import { Icon } from '../parts/icon';
import { Empty, Notice, Waiting } from '../parts/notice';
import { AbsentOrFailed } from './absent';
import { exactly, formatAlertsFilter, parseAlertsFilter, withMatcher, type AlertsFilter } from './filter';
import { Windowed } from '../parts/windowed';
import { GroupSection, guessGroup } from './group-section';
import { formatMatcher, parseMatchers } from './matchers';
import { MatcherBox } from './matcher-box';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 10_000;

/** With more alerts than this, groups start folded. */
const UNFOLD_ALL = 150;

const SWITCHES = [
  ['active', 'Active'],
  ['silenced', 'Silenced'],
  ['inhibited', 'Inhibited'],
  ['muted', 'Muted'],
] as const;

/** The page; `search` is the address's query string. */
export function NotificationsPage({ search }: { search: string }) {
  const filter = useMemo(() => parseAlertsFilter(search), [search]);
  const matchers = useMemo(() => parseMatchers(filter.filter), [filter.filter]);
  const receivers = useAlertmanager<{ name: string }[]>('receivers');
  const answer = useAlertmanager<AlertGroup[]>('alerts/groups', asked(filter, matchers ?? []), EVERY_MS);
  const change = (part: Partial<AlertsFilter>, replace = false) =>
    go('notifications', formatAlertsFilter({ ...filter, ...part }), replace);
  const groups = answer.data ?? [];
  const alerts = groups.reduce((sum, group) => sum + group.alerts.length, 0);
  const open = alerts <= UNFOLD_ALL;

  return (
    <div class="page">
      <h1 class="hidden">Notifications</h1>
      <div class="toolbar">
        <div class="filter-buttons" role="group" aria-label="Alerts shown">
          {SWITCHES.map(([name, word]) => (
            <button key={name} type="button" aria-pressed={filter[name]} onClick={() => change({ [name]: !filter[name] })}>
              {word}
            </button>
          ))}
        </div>
        <select aria-label="Receiver" value={filter.receiver} onChange={(event) => change({ receiver: event.currentTarget.value })}>
          <option value="">All receivers</option>
          {receiverNames(receivers.data, filter.receiver).map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
        <MatcherBox
          label={'Matchers, such as severity="page"'}
          value={filter.filter}
          onChange={(text) => change({ filter: text }, true)}
        />
        <button type="button" class="button" onClick={answer.reload} aria-busy={answer.loading}>
          <Icon name="reload" /> Refresh
        </button>
      </div>
      {matchers === undefined && (
        <Notice tone="warn" title="The filter is no list of matchers.">
          Write them as <code>{'name="value"'}</code> or <code>{'name=~"expression"'}</code>, with commas between.
        </Notice>
      )}
      {answer.error && <AbsentOrFailed error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="the alerts" />}
      {answer.data && !answer.error && groups.length === 0 && <Quiet filter={filter} />}
      {groups.length > 0 && (
        <p class="soft list-lead" role="status">
          {formatCount(alerts)} alerts in {formatCount(groups.length)} groups
        </p>
      )}
      <Windowed
        items={groups}
        keyOf={({ receiver, labels }) => `${receiver.name} ${JSON.stringify(labels)}`}
        guess={(group) => guessGroup(group, open)}
        as="list"
      >
        {(group) => (
          <GroupSection
            group={group}
            open={open}
            onChanged={answer.reload}
            onLabel={(name, value) => change({ filter: withMatcher(filter.filter, { name, operator: '=', value }) })}
          />
        )}
      </Windowed>
    </div>
  );
}

function asked(filter: AlertsFilter, matchers: NonNullable<ReturnType<typeof parseMatchers>>) {
  return {
    filter: matchers.map(formatMatcher),
    receiver: filter.receiver ? exactly(filter.receiver) : undefined,
    active: String(filter.active),
    silenced: String(filter.silenced),
    inhibited: String(filter.inhibited),
    muted: String(filter.muted),
  };
}

function receiverNames(known: { name: string }[] | undefined, chosen: string): string[] {
  const names = new Set((known ?? []).map(({ name }) => name));
  // A name of the address must be shown even where no receiver has it.
  if (chosen) names.add(chosen);
  return [...names].sort();
}

function Quiet({ filter }: { filter: AlertsFilter }) {
  const everything = filter.silenced && filter.inhibited && filter.muted && !filter.filter && !filter.receiver;
  return (
    <Empty title={everything ? 'No alert fires.' : 'No alert to tell anybody of.'}>
      {!everything && (
        <p>
          <button
            type="button"
            class="button"
            onClick={() => go('notifications', 'silenced=true&inhibited=true&muted=true')}
          >
            Show silenced, inhibited and muted ones too
          </button>
        </p>
      )}
    </Empty>
  );
}
