// The names below a graph. A press shows one series alone, with Ctrl or Command it hides or shows
// one among the others.
import type { Labels } from '../../lib/labels';
import { useStore } from '../../lib/store';
import { shade } from '../../lib/theme';
import { SeriesName } from '../../parts/series-name';
import { seriesColour } from './palette';

/** The names; `hidden` holds the numbers of series that are not drawn. */
export function Legend({ labels, hidden, onHidden }: {
  labels: readonly Labels[];
  hidden: ReadonlySet<number>;
  onHidden: (hidden: ReadonlySet<number>) => void;
}) {
  const tone = useStore(shade);
  return (
    <div class="legend">
      <p class="legend-help">
        {hidden.size > 0 ? (
          <button type="button" class="button" onClick={() => onHidden(new Set())}>
            Show all {labels.length} series
          </button>
        ) : (
          'Press a series to see it alone; with Ctrl or ⌘ to hide it. Drag in the graph to zoom.'
        )}
      </p>
      <ul>
        {labels.map((series, number) => (
          <li key={number}>
            <button
              type="button"
              aria-pressed={!hidden.has(number)}
              onClick={(event) =>
                onHidden(
                  event.ctrlKey || event.metaKey
                    ? toggled(hidden, number)
                    : isolated(hidden, number, labels.length),
                )
              }
            >
              <span class="swatch" style={{ '--swatch': seriesColour(number, tone) }} />
              <SeriesName labels={series} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function toggled(hidden: ReadonlySet<number>, number: number): ReadonlySet<number> {
  const next = new Set(hidden);
  if (!next.delete(number)) next.add(number);
  return next;
}

function isolated(hidden: ReadonlySet<number>, number: number, count: number): ReadonlySet<number> {
  const alone = hidden.size === count - 1 && !hidden.has(number);
  if (alone) return new Set();
  return new Set(Array.from({ length: count }, (_, i) => i).filter((i) => i !== number));
}
