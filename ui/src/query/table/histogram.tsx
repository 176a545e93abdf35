// One native histogram: its buckets as bars side by side, and as a list with their bounds.
import type { HistogramValue } from '../../api/types';
import { formatShort, parseNumber } from '../../lib/number';
import { boundsText, nativeBuckets } from '../../plot/buckets';

const HEIGHT = 90;

/** Bounds grow by odd factors, and have as many digits as a number can; the exact ones are in the CSV. */
const short = (bound: string): string => formatShort(parseNumber(bound)).replace('Infinity', 'Inf');

/** The picture and the list. Bars are equally wide: bounds of native histograms grow by a factor. */
export function HistogramPicture({ histogram }: { histogram: HistogramValue }) {
  const buckets = nativeBuckets(histogram);
  if (buckets.length === 0) return <p class="sample-time">No value fell into any bucket.</p>;
  const most = Math.max(...buckets.map(({ count }) => Math.abs(count)));
  const names = buckets.map((bucket) => boundsText(bucket, formatShort));
  return (
    <div class="histogram">
      <svg
        viewBox={`0 0 ${buckets.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${buckets.length} buckets from ${names[0]} to ${names.at(-1)}; a list of them is below`}
      >
        {buckets.map(({ count }, i) => {
          const height = most > 0 ? Math.max(1, (Math.abs(count) / most) * HEIGHT) : 1;
          return (
            <rect key={i} x={i + 0.06} y={HEIGHT - height} width={0.88} height={height}>
              <title>{`${names[i]}: ${formatShort(count)}`}</title>
            </rect>
          );
        })}
      </svg>
      <ul>
        {(histogram.buckets ?? []).map(([rule, lower, upper, count], i) => (
          <li key={i}>
            <span title={`${lower}, ${upper}`}>
              {rule === 1 || rule === 3 ? '[' : '('}
              {short(lower)}, {short(upper)}
              {rule === 0 || rule === 3 ? ']' : ')'}
            </span>{' '}
            {count}
          </li>
        ))}
      </ul>
    </div>
  );
}
