// A moment with steps to either side: empty means now.
import { useEffect, useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { formatTime, parseTime, zone } from '../lib/time';
import { Icon } from '../parts/icon';

interface Props {
  /** `End time` or `Evaluation time`. */
  label: string;
  value: number | null;
  /** How far the arrows go, milliseconds. */
  stepMs: number;
  onChange: (value: number | null) => void;
}

/** The field. */
export function TimeField({ label, value, stepMs, onChange }: Props) {
  const where = useStore(zone);
  const shown = value === null ? '' : formatTime(value, where);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);

  const commit = () => {
    if (text.trim() === '') {
      if (value !== null) onChange(null);
      return;
    }
    const parsed = parseTime(text, where);
    if (parsed === null) setText(shown);
    else if (text !== shown) onChange(parsed);
  };
  // Whole seconds, because that is what the address can hold.
  const move = (by: number) => onChange(Math.round(((value ?? Date.now()) + by) / 1000) * 1000);

  return (
    <div class="field-group" role="group" aria-label={label}>
      <button type="button" aria-label={`${label}: earlier`} title="Earlier" onClick={() => move(-stepMs)}>
        <Icon name="left" />
      </button>
      <input
        type="text"
        class="field-time"
        aria-label={label}
        placeholder={label}
        title="YYYY-MM-DD hh:mm:ss; empty is now"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      {value !== null && (
        <button type="button" aria-label={`${label}: now`} title="Now" onClick={() => onChange(null)}>
          <Icon name="close" />
        </button>
      )}
      <button type="button" aria-label={`${label}: later`} title="Later" onClick={() => move(stepMs)}>
        <Icon name="right" />
      </button>
    </div>
  );
}
