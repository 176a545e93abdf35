// A field that filters a list while one types.
import { Icon } from './icon';

/** The field; `label` is read by screen readers and shown while it is empty. */
export function SearchBox({ label, value, onChange, focus }: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  focus?: boolean;
}) {
  return (
    <label class="search-box">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        autoFocus={focus ?? false}
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
