// A field for matchers: nothing is asked until what is typed can be read, or Enter is pressed.
import { useEffect, useState } from 'preact/hooks';
import { SearchBox } from '../parts/search-box';
import { parseMatchers } from './matchers';

/** How long nobody types before the list follows, in milliseconds. */
const PAUSE_MS = 300;

/** The field. */
export function MatcherBox({ label, value, onChange }: {
  label: string;
  value: string;
  onChange: (text: string) => void;
}) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (draft === value || parseMatchers(draft) === undefined) return;
    const timer = setTimeout(() => onChange(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  return (
    <form
      class="matcher-box"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(draft);
      }}
    >
      <SearchBox label={label} value={draft} onChange={setDraft} />
    </form>
  );
}
