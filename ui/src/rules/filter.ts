// Which rules and alerts are shown: kept in the address as upstream's pages have it.
import type { Alert, AlertingRule, AlertState, Rule, RuleGroup, RuleHealth } from '../api/rules';
import { matches, textOfLabels } from '../lib/search';

export const STATES: readonly AlertState[] = ['firing', 'pending', 'inactive'];
export const HEALTHS: readonly RuleHealth[] = ['ok', 'err', 'unknown'];

export interface RuleFilter {
  search: string;
  /** Empty: all. */
  health: readonly RuleHealth[];
  /** Empty: both. */
  type: '' | Rule['type'];
}

export interface AlertFilter {
  search: string;
  /** Empty: all. */
  state: readonly AlertState[];
}

/** Reads the rules page's address. */
export function parseRuleFilter(query: string): RuleFilter {
  const params = new URLSearchParams(query);
  const words = wordsOf(params, 'health');
  const type = params.get('type') ?? '';
  return {
    search: params.get('search') ?? '',
    health: HEALTHS.filter((health) => words.includes(health)),
    type: type === 'alerting' || type === 'recording' ? type : '',
  };
}

/** Writes the rules page's address. */
export function formatRuleFilter({ search, health, type }: RuleFilter): string {
  const params = new URLSearchParams();
  for (const one of health) params.append('health', one);
  if (type) params.set('type', type);
  if (search) params.set('search', search);
  return params.toString();
}

/** Reads the alerts page's address. */
export function parseAlertFilter(query: string): AlertFilter {
  const params = new URLSearchParams(query);
  const words = wordsOf(params, 'state');
  return {
    search: params.get('search') ?? '',
    state: STATES.filter((state) => words.includes(state)),
  };
}

/** Writes the alerts page's address. */
export function formatAlertFilter({ search, state }: AlertFilter): string {
  const params = new URLSearchParams();
  for (const one of state) params.append('state', one);
  if (search) params.set('search', search);
  return params.toString();
}

function wordsOf(params: URLSearchParams, name: string): string[] {
  return params.getAll(name).flatMap((text) => text.toLowerCase().split(','));
}

/** The groups with the rules that pass; groups without one are left out. */
export function filterRules(groups: readonly RuleGroup[], filter: RuleFilter): RuleGroup[] {
  return keep(groups, (rule, group) => {
    if (filter.type && rule.type !== filter.type) return false;
    if (filter.health.length > 0 && !filter.health.includes(rule.health)) return false;
    return matches(textOfRule(rule, group), filter.search.trim());
  });
}

/** The groups with the alerting rules that pass, each with the alerts that do. */
export function filterAlerts(groups: readonly RuleGroup[], filter: AlertFilter): RuleGroup[] {
  return keep(groups, (rule, group) => {
    if (rule.type !== 'alerting') return false;
    if (filter.state.length > 0 && !filter.state.includes(rule.state)) return false;
    if (matches(textOfRule(rule, group), filter.search.trim())) return true;
    return rule.alerts.some((alert) => passes(alert, rule, group, filter));
  });
}

/** Whether an alert passes by its own labels, its rule's or its group's. */
export function passes(
  alert: Alert,
  rule: AlertingRule,
  group: RuleGroup,
  { search }: AlertFilter,
): boolean {
  const own = `${textOfLabels(alert.labels)} ${textOfLabels(alert.annotations)}`;
  return matches(`${own} ${textOfRule(rule, group)}`, search.trim());
}

function keep(
  groups: readonly RuleGroup[],
  wanted: (rule: Rule, group: RuleGroup) => boolean,
): RuleGroup[] {
  return groups.flatMap((group) => {
    const rules = group.rules.filter((rule) => wanted(rule, group));
    return rules.length > 0 ? [{ ...group, rules }] : [];
  });
}

function textOfRule(rule: Rule, group: RuleGroup): string {
  const parts = [rule.name, rule.query, group.name, group.file, rule.lastError ?? ''];
  return `${parts.join(' ')} ${textOfLabels(rule.labels ?? {})}`;
}
