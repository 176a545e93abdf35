// The shapes of `rules`: groups as the rule files have them, with how their last turn went.
import type { Labels } from '../lib/labels';

export type RuleHealth = 'ok' | 'err' | 'unknown';
export type AlertState = 'firing' | 'pending' | 'inactive' | 'unknown';

export interface Alert {
  labels: Labels;
  annotations: Labels;
  state: AlertState;
  /** RFC 3339. */
  activeAt: string;
  value: string;
  keepFiringSince?: string;
}

interface RuleBase {
  name: string;
  query: string;
  labels?: Labels;
  health: RuleHealth;
  lastError?: string;
  /** Seconds. */
  evaluationTime: number;
  /** RFC 3339; the year 1 before the first turn. */
  lastEvaluation: string;
}

export interface AlertingRule extends RuleBase {
  type: 'alerting';
  state: AlertState;
  /** Seconds that the expression has to hold. */
  duration: number;
  /** Seconds that it fires on after the expression stopped to hold. */
  keepFiringFor: number;
  annotations?: Labels;
  alerts: Alert[];
}

export interface RecordingRule extends RuleBase {
  type: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  name: string;
  file: string;
  rules: Rule[];
  /** Seconds. */
  interval: number;
  /** Seconds. */
  evaluationTime: number;
  lastEvaluation: string;
}

export interface RulesData {
  groups: RuleGroup[] | null;
}

/** Milliseconds since the epoch; undefined where there was no such moment. */
export function moment(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms;
}
