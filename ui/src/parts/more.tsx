// The button below a list that was cut.
import { formatCount } from '../lib/number';

/** The button, or nothing where the whole list is shown. */
export function More({ shown, all, step, onMore }: {
  shown: number;
  all: number;
  step: number;
  onMore: () => void;
}) {
  const left = all - shown;
  if (left <= 0) return null;
  return (
    <p class="more">
      <button type="button" class="button" onClick={onMore}>
        Show {formatCount(Math.min(left, step))} more of {formatCount(left)}
      </button>
    </p>
  );
}
