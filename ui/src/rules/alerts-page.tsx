// The alerts page: every alerting rule, whether it fires, and for what.
import { useMemo } from 'preact/hooks';
import type { AlertingRule, AlertState, RuleGroup, RulesData } from '../api/rules';
import { useAnswer } from '../api/use-answer';
import { go } from '../lib/router';
import { FilterButtons } from '../parts/filter-buttons';
import { Icon } from '../parts/icon';
import { Link } from '../parts/link';
import { Empty, Failure, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { Windowed } from '../parts/windowed';
import { AlertRuleSection, guessRule } from './alert-rule-section';
import { filterAlerts, formatAlertFilter, parseAlertFilter, STATES, type AlertFilter } from './filter';
import { StateMark } from './state-mark';
import { useSuppressed } from './use-suppressed';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 10_000;

/** The order of rules: whoever looks here looks for what fires. */
const WEIGHT: Record<AlertState, number> = { firing: 0, pending: 1, unknown: 2, inactive: 3 };

/** The page; `search` is the address's query string. */
export function AlertsPage({ search }: { search: string }) {
  const answer = useAnswer<RulesData>('rules', { type: 'alert' }, EVERY_MS);
  const suppressed = useSuppressed(EVERY_MS);
  const filter = useMemo(() => parseAlertFilter(search), [search]);
  const groups = useMemo(() => answer.data?.groups ?? [], [answer.data]);
  const rules = useMemo(() => flatten(filterAlerts(groups, filter)), [groups, filter]);
  const change = (part: Partial<AlertFilter>, replace = false) =>
    go('alerts', formatAlertFilter({ ...filter, ...part }), replace);

  return (
    <div class="page">
      <h1 class="hidden">Alerts</h1>
      <div class="toolbar">
        <FilterButtons<AlertState>
          name="State"
          options={STATES}
          chosen={filter.state}
          counts={count(groups)}
          draw={(state) => <StateMark state={state} />}
          onChange={(state) => change({ state })}
        />
        <SearchBox
          label="Search rules, labels, annotations"
          value={filter.search}
          onChange={(text) => change({ search: text }, true)}
        />
        <button type="button" class="button" onClick={answer.reload} aria-busy={answer.loading}>
          <Icon name="reload" /> Refresh
        </button>
      </div>
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="the alerts" />}
      {answer.data && flatten(groups).length === 0 && <NoRules />}
      {answer.data && flatten(groups).length > 0 && rules.length === 0 && (
        <Empty title="No alert passes the filter.">
          <p>
            <button type="button" class="button" onClick={() => go('alerts')}>Show all</button>
          </p>
        </Empty>
      )}
      <Windowed
        items={rules}
        keyOf={({ rule, group }, index) => `${group.file} ${group.name} ${rule.name} ${index}`}
        guess={({ rule }) => guessRule(rule)}
        as="list"
      >
        {({ rule, group }) => <AlertRuleSection rule={rule} group={group} filter={filter} suppressed={suppressed} />}
      </Windowed>
    </div>
  );
}

function NoRules() {
  return (
    <Empty title="There are no alerting rules.">
      <p>
        Name rule files under <code>rule_files</code> in the configuration and reload it. What is
        there already is on the <Link path="rules">rules page</Link>.
      </p>
    </Empty>
  );
}

interface Placed {
  rule: AlertingRule;
  group: RuleGroup;
}

function flatten(groups: readonly RuleGroup[]): Placed[] {
  return groups
    .flatMap((group) =>
      group.rules.flatMap((rule) => (rule.type === 'alerting' ? [{ rule, group }] : [])),
    )
    .sort((a, b) => WEIGHT[a.rule.state] - WEIGHT[b.rule.state]);
}

function count(groups: readonly RuleGroup[]): Record<AlertState, number> {
  const counts: Record<AlertState, number> = { firing: 0, pending: 0, inactive: 0, unknown: 0 };
  for (const { rule } of flatten(groups)) counts[rule.state] += 1;
  return counts;
}
