// A target's state as a sign, a word and a colour.
import type { HealthWord } from '../api/types';
import { Icon, type IconName } from '../parts/icon';

const SIGNS: Record<HealthWord, readonly [IconName, string]> = {
  up: ['check', 'Up'],
  down: ['close', 'Down'],
  unknown: ['question', 'Unknown'],
};

/** The mark. */
export function HealthMark({ health }: { health: HealthWord }) {
  const [icon, word] = SIGNS[health] ?? SIGNS.unknown;
  return (
    <span class={`mark mark-${health}`}>
      <Icon name={icon} /> {word}
    </span>
  );
}
