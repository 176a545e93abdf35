// The state of an alert or of a rule as a sign, a word and a colour.
import type { AlertState, RuleHealth } from '../api/rules';
import { Icon, type IconName } from '../parts/icon';

const STATES: Record<AlertState, readonly [IconName, string, string]> = {
  firing: ['bell', 'Firing', 'down'],
  pending: ['clock', 'Pending', 'unknown'],
  inactive: ['check', 'Inactive', 'up'],
  unknown: ['question', 'Unknown', 'unknown'],
};

const HEALTHS: Record<RuleHealth, readonly [IconName, string, string]> = {
  ok: ['check', 'OK', 'up'],
  err: ['cross', 'Error', 'down'],
  unknown: ['question', 'Not yet', 'unknown'],
};

/** The mark of an alert. */
export function StateMark({ state }: { state: AlertState }) {
  return <Mark known={STATES[state] ?? STATES.unknown} />;
}

/** The mark of a rule's last turn. */
export function RuleHealthMark({ health }: { health: RuleHealth }) {
  return <Mark known={HEALTHS[health] ?? HEALTHS.unknown} />;
}

function Mark({ known: [icon, word, tone] }: { known: readonly [IconName, string, string] }) {
  return (
    <span class={`mark mark-${tone}`}>
      <Icon name={icon} /> {word}
    </span>
  );
}
