// From when to when a silence lasts.
import { useEffect, useState } from 'preact/hooks';
import { formatDuration, parseDuration } from '../lib/duration';
import { useStore } from '../lib/store';
import { formatTime, parseTime, zone } from '../lib/time';

interface Span {
  startMs: number;
  endMs: number;
}

const USUAL = ['30m', '2h', '8h', '1d', '1w'] as const;

/** The fields; changing the length moves the end, changing the start keeps the length. */
export function SpanFields({ startMs, endMs, onChange }: Span & { onChange: (part: Partial<Span>) => void }) {
  const length = endMs - startMs;
  return (
    <div class="span-fields">
      <TimeText label="Start" value={startMs} onChange={(ms) => onChange({ startMs: ms, endMs: ms + length })} />
      <LengthText value={length} onChange={(ms) => onChange({ endMs: startMs + ms })} />
      <TimeText label="End" value={endMs} onChange={(ms) => onChange({ endMs: ms })} />
      <div class="span-usual" role="group" aria-label="Usual lengths">
        {USUAL.map((text) => (
          <button
            key={text}
            type="button"
            class="text-button"
            onClick={() => onChange({ endMs: startMs + (parseDuration(text) ?? 0) })}
          >
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}

function TimeText({ label, value, onChange }: { label: string; value: number; onChange: (ms: number) => void }) {
  const where = useStore(zone);
  return (
    <Draft
      label={`${label} (${where === 'utc' ? 'UTC' : 'local time'})`}
      text={formatTime(value, where)}
      read={(text) => parseTime(text, where)}
      onChange={onChange}
    />
  );
}

function LengthText({ value, onChange }: { value: number; onChange: (ms: number) => void }) {
  return (
    <Draft
      label="Length"
      text={formatDuration(Math.round(value / 1000) * 1000)}
      read={parseDuration}
      onChange={onChange}
    />
  );
}

/** A field that keeps what is typed until it can be read. */
function Draft({ label, text, read, onChange }: {
  label: string;
  text: string;
  read: (text: string) => number | null;
  onChange: (value: number) => void;
}) {
  const [draft, setDraft] = useState(text);
  useEffect(() => setDraft(text), [text]);
  const wrong = read(draft) === null;
  return (
    <label class="form-field">
      <span>{label}</span>
      <input
        value={draft}
        aria-invalid={wrong}
        spellcheck={false}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onBlur={() => {
          const value = read(draft);
          if (value !== null && draft !== text) onChange(value);
        }}
      />
    </label>
  );
}
