// Choosing among many values, or several of them: a list with a search above.
import { useEffect, useState } from 'preact/hooks';
import { matches } from '../../lib/search';
import { SearchBox } from '../../parts/search-box';
import { Popover } from '../parts';
import { ALL, type VariableState } from './choose';

/** Lines drawn at once; searching finds the others. */
const MAX_SHOWN = 200;

/** Values whose names fit on the button. */
const NAMED = 2;

/** The button with the list below it. */
export function VariablePicker({
  state,
  label,
  onChange,
}: {
  state: VariableState;
  label: string;
  onChange: (values: readonly string[]) => void;
}) {
  const { chosen, selected, error } = state;
  const all = selected.includes(ALL);
  const text = all
    ? 'All'
    : chosen.texts.length === 0
      ? error
        ? 'failed'
        : 'none'
      : chosen.texts.length <= NAMED
        ? chosen.texts.join(', ')
        : `${chosen.texts.length} chosen`;
  return (
    <Popover
      label={`${label}: ${text}`}
      title={all ? 'All' : chosen.texts.slice(0, 30).join(', ')}
      text={<span class="dash-picked">{text}</span>}
    >
      {(close) => <List state={state} label={label} onChange={onChange} close={close} />}
    </Popover>
  );
}

function List({
  state,
  label,
  onChange,
  close,
}: {
  state: VariableState;
  label: string;
  onChange: (values: readonly string[]) => void;
  close: () => void;
}) {
  const { variable, options, error, cut } = state;
  // What was pressed is shown at once; the page follows when other variables have been asked.
  const [selected, setSelected] = useState(state.selected);
  useEffect(() => setSelected(state.selected), [state.selected]);
  const [search, setSearch] = useState('');
  const found = options.filter(({ text }) => matches(text, search));
  const pick = (value: string) => {
    if (!variable.multi) {
      onChange([value]);
      close();
      return;
    }
    const others = selected.filter((one) => one !== ALL && one !== value);
    const next = value === ALL ? [ALL] : selected.includes(value) ? others : [...others, value];
    const kept = next.length === 0 ? (variable.includeAll ? [ALL] : [value]) : next;
    setSelected(kept);
    onChange(kept);
  };
  const line = (value: string, text: string) => (
    <li key={value}>
      <label class="menu-item">
        <input
          type={variable.multi ? 'checkbox' : 'radio'}
          checked={selected.includes(value)}
          onChange={() => pick(value)}
        />
        <span>{text}</span>
      </label>
    </li>
  );
  return (
    <div class="dash-picker">
      <SearchBox label={`Search ${label}`} value={search} onChange={setSearch} focus />
      {error && <p class="dash-picker-note row-error">{error}</p>}
      <ul>
        {variable.includeAll && search === '' && line(ALL, 'All')}
        {selected
          .filter((value) => value !== ALL && !options.some((option) => option.value === value))
          .map((value) => line(value, `${value} (not found)`))}
        {found.slice(0, MAX_SHOWN).map(({ text, value }) => line(value, text))}
      </ul>
      {found.length > MAX_SHOWN && (
        <p class="dash-picker-note">{found.length - MAX_SHOWN} more: search to narrow the list.</p>
      )}
      {cut > 0 && <p class="dash-picker-note">{cut} further values were left out.</p>}
      {found.length === 0 && !error && <p class="dash-picker-note">Nothing matches.</p>}
    </div>
  );
}
