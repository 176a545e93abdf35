// One alerting rule with its alerts: labels, since when, the value, and who keeps it quiet.
import { useMemo } from 'preact/hooks';
import { moment, type Alert, type AlertingRule, type RuleGroup } from '../api/rules';
import { silenceAddress } from '../alertmanager/matchers';
import { formatCount } from '../lib/number';
import { Fold } from '../parts/fold';
import { Icon } from '../parts/icon';
import { LabelList } from '../parts/label-list';
import { Link } from '../parts/link';
import { Moment } from '../parts/moment';
import { memo } from '../parts/memo';
import { Windowed } from '../parts/windowed';
import { Annotations } from './annotations';
import { Expression } from './expression';
import { passes, type AlertFilter } from './filter';
import { Waits } from './group-section';
import { StateMark } from './state-mark';
import type { Suppressed } from './use-suppressed';

/** Heights of a section's parts before they were drawn, pixels. */
const [HEAD_PX, LEAD_PX, ROW_PX] = [45, 60, 95];

/** About how high a section is that was not drawn yet. */
export function guessRule({ state, alerts }: AlertingRule): number {
  return HEAD_PX + (state === 'firing' ? LEAD_PX + alerts.length * ROW_PX : 0);
}

const TONES = { firing: 'down', pending: 'unknown', inactive: 'up', unknown: 'unknown' } as const;

/** The section. */
export function AlertRuleSection({ rule, group, filter, suppressed }: {
  rule: AlertingRule;
  group: RuleGroup;
  filter: AlertFilter;
  suppressed: Suppressed;
}) {
  const head = (
    <>
      <StateMark state={rule.state} />
      <span class="pool-name">{rule.name}</span>
      {rule.alerts.length > 0 && <span class="tag">{formatCount(rule.alerts.length)} active</span>}
      <span class="soft pool-facts">{group.name} · {group.file}</span>
    </>
  );
  return (
    <Fold tone={TONES[rule.state]} head={head} open={rule.state === 'firing'}>
      {() => (
        <>
          <div class="pool-lead">
            <Expression text={rule.query} /> <Waits rule={rule} />
            {rule.lastError && <p class="row-error"><strong>Error:</strong> {rule.lastError}</p>}
          </div>
          <AlertTable rule={rule} group={group} filter={filter} suppressed={suppressed} />
        </>
      )}
    </Fold>
  );
}

function AlertTable({ rule, group, filter, suppressed }: {
  rule: AlertingRule;
  group: RuleGroup;
  filter: AlertFilter;
  suppressed: Suppressed;
}) {
  const found = useMemo(
    () => rule.alerts.filter((alert) => passes(alert, rule, group, filter)),
    [rule, group, filter],
  );
  if (rule.alerts.length === 0) {
    return <p class="pool-lead soft">Nothing fulfils the expression now.</p>;
  }
  return (
    <div class="table-scroll">
      <table class="table table-stack alert-table" aria-rowcount={found.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">State</th>
            <th scope="col">Labels and annotations</th>
            <th scope="col" class="number">Active</th>
            <th scope="col" class="number">Value</th>
          </tr>
        </thead>
        <Windowed items={found} keyOf={({ labels }) => JSON.stringify(labels)} guess={() => ROW_PX} as="rows">
          {(alert, index) => <AlertRow alert={alert} suppressed={suppressed} place={index + 2} />}
        </Windowed>
      </table>
    </div>
  );
}

const AlertRow = memo(({ alert, suppressed, place }: { alert: Alert; suppressed: Suppressed; place: number }) => {
  const quiet = alert.state === 'firing' ? suppressed.find(alert.labels) : undefined;
  return (
    <tr aria-rowindex={place}>
      <td>
        <StateMark state={alert.state} />
        {quiet && (
          <div class="soft">
            <Icon name="silence" /> {quiet}
          </div>
        )}
      </td>
      <td>
        <LabelList labels={alert.labels} />
        <Annotations annotations={alert.annotations} />
        {suppressed.known && alert.state === 'firing' && (
          <Link path="silence" search={silenceAddress(alert.labels)} class="text-button">Silence</Link>
        )}
      </td>
      <td class="number"><Moment ms={moment(alert.activeAt)} /></td>
      <td class="number" title={alert.value}>{formatValue(alert.value)}</td>
    </tr>
  );
});

/** Values come with an exponent and all their digits, as Go prints them; six digits say enough. */
function formatValue(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : text;
}
