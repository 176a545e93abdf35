// The width of a graph, with − and + going through the customary steps.
import { useEffect, useState } from 'preact/hooks';
import { formatDuration, parseDuration } from '../lib/duration';
import { Icon } from '../parts/icon';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

const STEPS: readonly number[] = [
  S, 10 * S, M, 5 * M, 15 * M, 30 * M, H, 2 * H, 6 * H, 12 * H, D, 2 * D, 7 * D, 14 * D, 28 * D,
  56 * D, 365 * D, 730 * D,
];

/** The field; the value is in milliseconds. */
export function RangeField({ value, onChange }: { value: number; onChange: (ms: number) => void }) {
  const shown = formatDuration(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const commit = () => {
    const parsed = parseDuration(text);
    if (parsed === null) setText(shown);
    else if (parsed !== value) onChange(parsed);
  };
  const narrower = STEPS.findLast((step) => step < value);
  const wider = STEPS.find((step) => step > value);

  return (
    <div class="field-group" role="group" aria-label="Range">
      <button
        type="button"
        aria-label="Narrower range"
        title="Narrower"
        disabled={narrower === undefined}
        onClick={() => narrower && onChange(narrower)}
      >
        <Icon name="minus" />
      </button>
      <input
        type="text"
        class="field-range"
        aria-label="Range"
        title="Such as 30m, 6h, 2w"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      <button
        type="button"
        aria-label="Wider range"
        title="Wider"
        disabled={wider === undefined}
        onClick={() => wider && onChange(wider)}
      >
        <Icon name="plus" />
      </button>
    </div>
  );
}
