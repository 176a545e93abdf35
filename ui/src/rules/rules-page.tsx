// The rules page: every group of every rule file, and how its last turn went.
import { useMemo } from 'preact/hooks';
import type { Rule, RuleGroup, RuleHealth, RulesData } from '../api/rules';
import { useAnswer } from '../api/use-answer';
import { go } from '../lib/router';
import { FilterButtons } from '../parts/filter-buttons';
import { Icon } from '../parts/icon';
import { Empty, Failure, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { filterRules, formatRuleFilter, HEALTHS, parseRuleFilter, type RuleFilter } from './filter';
import { Windowed } from '../parts/windowed';
import { GroupSection, guessGroup } from './group-section';
import { RuleHealthMark } from './state-mark';

/** Time between two looks, in milliseconds: about an evaluation interval. */
const EVERY_MS = 15_000;

/** With more rules than this, only groups in trouble start unfolded. */
const UNFOLD_ALL = 150;

/** The page; `search` is the address's query string. */
export function RulesPage({ search }: { search: string }) {
  const answer = useAnswer<RulesData>('rules', { exclude_alerts: 'true' }, EVERY_MS);
  const filter = useMemo(() => parseRuleFilter(search), [search]);
  const groups = useMemo(() => answer.data?.groups ?? [], [answer.data]);
  const shown = useMemo(() => filterRules(groups, filter), [groups, filter]);
  const change = (part: Partial<RuleFilter>, replace = false) =>
    go('rules', formatRuleFilter({ ...filter, ...part }), replace);

  return (
    <div class="page">
      <h1 class="hidden">Rules</h1>
      <div class="toolbar">
        <FilterButtons<RuleHealth>
          name="Last evaluation"
          options={HEALTHS}
          chosen={filter.health}
          counts={count(groups)}
          draw={(health) => <RuleHealthMark health={health} />}
          onChange={(health) => change({ health })}
        />
        <select
          aria-label="Kind of rule"
          value={filter.type}
          onChange={(event) => change({ type: event.currentTarget.value as RuleFilter['type'] })}
        >
          <option value="">All rules</option>
          <option value="alerting">Alerting rules</option>
          <option value="recording">Recording rules</option>
        </select>
        <SearchBox
          label="Search names, expressions, labels, files"
          value={filter.search}
          onChange={(text) => change({ search: text }, true)}
        />
        <button type="button" class="button" onClick={answer.reload} aria-busy={answer.loading}>
          <Icon name="reload" /> Refresh
        </button>
      </div>
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="the rules" />}
      {answer.data && <Groups all={groups} shown={shown} />}
    </div>
  );
}

function Groups({ all, shown }: { all: readonly RuleGroup[]; shown: readonly RuleGroup[] }) {
  if (all.length === 0) {
    return (
      <Empty title="There are no rules.">
        <p>
          Name rule files under <code>rule_files</code> in the configuration and reload it;{' '}
          <code>argand check rules</code> says whether a file is right.
        </p>
      </Empty>
    );
  }
  if (shown.length === 0) {
    return (
      <Empty title="No rule passes the filter.">
        <p>
          <button type="button" class="button" onClick={() => go('rules')}>Show all</button>
        </p>
      </Empty>
    );
  }
  const many = shown.reduce((sum, { rules }) => sum + rules.length, 0) > UNFOLD_ALL;
  const opens = (group: RuleGroup) => !many || group.rules.some(inTrouble);
  return (
    <Windowed
      items={shown}
      keyOf={({ file, name }) => `${file} ${name}`}
      guess={(group) => guessGroup(group, opens(group))}
      as="list"
    >
      {(group) => <GroupSection group={group} open={opens(group)} />}
    </Windowed>
  );
}

function inTrouble(rule: Rule): boolean {
  return rule.health === 'err';
}

function count(groups: readonly RuleGroup[]): Record<RuleHealth, number> {
  const counts: Record<RuleHealth, number> = { ok: 0, err: 0, unknown: 0 };
  for (const { rules } of groups) for (const { health } of rules) counts[health] += 1;
  return counts;
}
