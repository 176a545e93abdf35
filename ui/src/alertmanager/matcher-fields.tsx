// The matchers of a silence, one row each, or pasted as a list.
import { Icon } from '../parts/icon';
import { OPERATORS, parseMatchers, type Matcher, type Operator } from './matchers';

const WORDS: Record<Operator, string> = {
  '=': 'equals',
  '!=': 'differs from',
  '=~': 'fits the expression',
  '!~': 'does not fit the expression',
};

/** The rows. */
export function MatcherFields({ matchers, onChange }: {
  matchers: readonly Matcher[];
  onChange: (matchers: Matcher[]) => void;
}) {
  const set = (index: number, part: Partial<Matcher>) =>
    onChange(matchers.map((matcher, i) => (i === index ? { ...matcher, ...part } : matcher)));
  // A pasted list of matchers becomes as many rows.
  const name = (index: number, text: string) => {
    const pasted = /[=!{]/.test(text) ? parseMatchers(text) : undefined;
    if (pasted && pasted.length > 0) onChange([...matchers.slice(0, index), ...pasted, ...matchers.slice(index + 1)]);
    else set(index, { name: text });
  };
  return (
    <fieldset class="matchers">
      <legend>Holds for alerts whose labels all fit</legend>
      {matchers.map((matcher, index) => (
        <div key={index} class="matcher-row">
          <input
            aria-label={`Label ${index + 1}`}
            placeholder="label"
            spellcheck={false}
            required
            value={matcher.name}
            onInput={(event) => name(index, event.currentTarget.value)}
          />
          <select
            aria-label={`Comparison ${index + 1}`}
            value={matcher.operator}
            onChange={(event) => set(index, { operator: event.currentTarget.value as Operator })}
          >
            {OPERATORS.map((operator) => (
              <option key={operator} value={operator} title={WORDS[operator]}>{operator}</option>
            ))}
          </select>
          <input
            aria-label={`Value ${index + 1}`}
            placeholder="value"
            spellcheck={false}
            value={matcher.value}
            onInput={(event) => set(index, { value: event.currentTarget.value })}
          />
          <button
            type="button"
            class="button button-quiet"
            aria-label={`Remove matcher ${index + 1}`}
            disabled={matchers.length === 1}
            onClick={() => onChange(matchers.filter((_, i) => i !== index))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button type="button" class="button" onClick={() => onChange([...matchers, { name: '', operator: '=', value: '' }])}>
        <Icon name="plus" /> Add a matcher
      </button>
    </fieldset>
  );
}
