// The state of a silence as a sign, a word and a colour.
import type { SilenceState } from '../api/alertmanager';
import { Icon, type IconName } from '../parts/icon';

const SIGNS: Record<SilenceState, readonly [IconName, string, string]> = {
  active: ['silence', 'Active', 'up'],
  pending: ['clock', 'Pending', 'unknown'],
  expired: ['check', 'Expired', 'past'],
};

/** The mark. */
export function SilenceStateMark({ state }: { state: SilenceState }) {
  const [icon, word, tone] = SIGNS[state];
  return (
    <span class={`mark mark-${tone}`}>
      <Icon name={icon} /> {word}
    </span>
  );
}
