// Asking again: now, or every so often.
import { Icon } from '../parts/icon';

const INTERVALS = ['5s', '10s', '30s', '1m', '5m', '15m', '30m', '1h'];

/** The picker; an empty interval never refreshes. */
export function RefreshPicker({
  interval,
  onInterval,
  onRefresh,
}: {
  interval: string;
  onInterval: (interval: string) => void;
  onRefresh: () => void;
}) {
  const known = interval === '' || INTERVALS.includes(interval) ? INTERVALS : [interval, ...INTERVALS];
  return (
    <div class="dash-refresh" role="group" aria-label="Refresh">
      <button type="button" class="button" aria-label="Refresh now" title="Refresh now (d r)" onClick={onRefresh}>
        <Icon name="reload" />
      </button>
      <select aria-label="Refresh every" value={interval} onChange={(event) => onInterval(event.currentTarget.value)}>
        <option value="">Off</option>
        {known.map((text) => (
          <option key={text} value={text}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
