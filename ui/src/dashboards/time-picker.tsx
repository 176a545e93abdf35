// The span of time: quick ones, two ends to type, and steps to either side.
import { useState } from 'preact/hooks';
import { formatTime, type Zone } from '../lib/time';
import { Icon } from '../parts/icon';
import { Popover } from './parts';
import {
  describeRange,
  parseMoment,
  QUICK_RANGES,
  shiftRange,
  widenRange,
  type Range,
  type RawRange,
} from './time-range';

const zoneName = (zone: Zone): string => (zone === 'utc' ? 'UTC' : zone);

/** The picker. */
export function TimePicker({
  raw,
  range,
  zone,
  onChange,
}: {
  raw: RawRange;
  range: Range;
  zone: Zone;
  onChange: (raw: RawRange) => void;
}) {
  const isNamed = zone !== 'local' && zone !== 'utc';
  return (
    <div class="dash-time" role="group" aria-label="Time range">
      <button
        type="button"
        class="button"
        aria-label="Earlier"
        title="Earlier (t ←)"
        onClick={() => onChange(shiftRange(range, -0.5))}
      >
        <Icon name="left" />
      </button>
      <Popover
        label={`Time range: ${describeRange(raw, zone)}${isNamed ? ` ${zone}` : ''}`}
        icon="clock"
        text={
          <>
            {describeRange(raw, zone)} {isNamed && <small class="soft dash-wide">{zone}</small>}
          </>
        }
        align="right"
      >
        {(close) => (
          <Choices
            raw={raw}
            range={range}
            zone={zone}
            onChange={(next) => {
              onChange(next);
              close();
            }}
          />
        )}
      </Popover>
      <button
        type="button"
        class="button"
        aria-label="Later"
        title="Later (t →)"
        onClick={() => onChange(shiftRange(range, 0.5))}
      >
        <Icon name="right" />
      </button>
      <button
        type="button"
        class="button dash-wide"
        aria-label="Twice as wide"
        title="Twice as wide (t z)"
        onClick={() => onChange(widenRange(range))}
      >
        <Icon name="minus" />
      </button>
    </div>
  );
}

function Choices({
  raw,
  range,
  zone,
  onChange,
}: {
  raw: RawRange;
  range: Range;
  zone: Zone;
  onChange: (raw: RawRange) => void;
}) {
  const typed = (text: string) => (/^\d{11,}$/.test(text) ? formatTime(Number(text), zone) : text);
  const [from, setFrom] = useState(typed(raw.from));
  const [to, setTo] = useState(typed(raw.to));
  const bad = (text: string) => parseMoment(text, range.toMs, zone, false) === null;
  const apply = (event: Event) => {
    event.preventDefault();
    if (bad(from) || bad(to)) return;
    const fixed = (text: string, end: boolean) =>
      text.trim().startsWith('now') ? text.trim() : String(parseMoment(text, range.toMs, zone, end));
    onChange({ from: fixed(from, false), to: fixed(to, true) });
  };
  return (
    <div class="dash-time-box">
      <form onSubmit={apply}>
        <label class="form-field">
          <span>From</span>
          <input value={from} aria-invalid={bad(from)} onInput={(event) => setFrom(event.currentTarget.value)} />
        </label>
        <label class="form-field">
          <span>To</span>
          <input value={to} aria-invalid={bad(to)} onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
        <p class="soft">now-6h, now/d, or 2026-01-31 12:00{zone === 'local' ? '' : ` in ${zoneName(zone)}`}</p>
        <button type="submit" class="button button-main">
          Show
        </button>
      </form>
      <ul>
        {QUICK_RANGES.map(([quick, name]) => (
          <li key={quick}>
            <button
              type="button"
              class="menu-item"
              aria-pressed={raw.from === quick && raw.to === 'now'}
              onClick={() => onChange({ from: quick, to: 'now' })}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
