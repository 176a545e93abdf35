// The resolution of a graph: chosen by the page, or fixed.
import { useEffect, useState } from 'preact/hooks';
import { formatDuration, parseDuration } from '../lib/duration';

/** The field; `value` is in seconds, null for automatic; `auto` is what automatic comes to. */
export function StepField({ value, auto, onChange }: {
  value: number | null;
  auto: number;
  onChange: (seconds: number | null) => void;
}) {
  const shown = value === null ? '' : formatDuration(value * 1000);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const commit = () => {
    if (text.trim() === '') {
      if (value !== null) onChange(null);
      return;
    }
    const parsed = parseDuration(text);
    if (parsed === null) setText(shown);
    else if (text !== shown) onChange(parsed / 1000);
  };
  return (
    <label class="field-group field-labelled">
      <span>Step</span>
      <input
        type="text"
        class="field-step"
        aria-label="Resolution"
        placeholder={`auto (${formatDuration(auto * 1000)})`}
        title="Time between two points, such as 15s or 5m; empty lets the page choose"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
    </label>
  );
}
