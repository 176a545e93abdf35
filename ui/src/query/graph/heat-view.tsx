// An answer's histograms as a heatmap: how many values fell into which bucket, over time.
import { useMemo, useState } from 'preact/hooks';
import type { MatrixSeries } from '../../api/types';
import { formatCount, formatShort } from '../../lib/number';
import { useStore } from '../../lib/store';
import { shade } from '../../lib/theme';
import { formatTime, zone } from '../../lib/time';
import { More } from '../../parts/more';
import { Notice } from '../../parts/notice';
import { useSize } from '../../parts/use-size';
import { boundsText, isZero, rowAt, toBuckets, type Bounds, type Buckets } from '../../plot/buckets';
import { rampColour } from '../../plot/colours';
import { MAX_ROWS, toHeatmap } from '../../plot/heat';
import { HeatPicture } from '../../plot/heat-picture';
import type { Over } from '../../plot/place';

const HEIGHT = 340;

/** Small counts are many, large ones few: the root of their share is what the eye can tell apart. */
const EXPONENT = 0.5;

interface Props {
  series: readonly MatrixSeries[];
  startS: number;
  endS: number;
  stepS: number;
  children: Over;
}

/** The heatmap, or that there is none. */
export function HeatView({ series, startS, endS, stepS, children }: Props) {
  const tone = useStore(shade);
  const where = useStore(zone);
  const { box, width } = useSize<HTMLDivElement>();
  const buckets = useMemo(() => toBuckets(series, MAX_ROWS), [series]);
  const heat = useMemo(
    () => buckets && toHeatmap(buckets.times, stepS * 1000, buckets.rows.map(nameRow), buckets.counts),
    [buckets, stepS],
  );
  const colour = useMemo(() => {
    const [least, most] = [heat?.least ?? 0, heat?.most ?? 0];
    const share = (value: number) => (most > least ? Math.max(0, (value - least) / (most - least)) : 1);
    return (value: number) => rampColour('oranges', share(value) ** EXPONENT, tone);
  }, [heat, tone]);
  if (!buckets || !heat || buckets.rows.length === 0) {
    return (
      <Notice tone="info" title="No histogram is in this answer.">
        A heatmap draws native histograms, or buckets that keep their label <code>le</code>, as{' '}
        <code>sum by (le) (rate(…_bucket[5m]))</code>.
      </Notice>
    );
  }
  const bounds = buckets.rows.map((row) => boundsText(row, formatShort));
  const of = buckets.left > 0 ? `The first ${formatCount(buckets.histograms)} of ${formatCount(buckets.histograms + buckets.left)}` : formatCount(buckets.histograms);
  const what = `${of} ${buckets.histograms === 1 ? 'histogram' : 'histograms, added up'}`;
  return (
    <>
      <div class="plot" ref={box}>
        {width > 0 && (
          <HeatPicture
            heat={heat}
            names={heat.rows}
            bounds={bounds}
            write={formatShort}
            short={formatShort}
            colour={colour}
            fromMs={startS * 1000}
            toMs={(endS + stepS) * 1000}
            zone={where}
            width={width}
            height={HEIGHT}
            label={`Heatmap of ${what}, ${bounds.length} buckets; a table of them is below.`}
            rowAt={(value) => rowAt(buckets.rows, value)}
          >
            {children}
          </HeatPicture>
        )}
      </div>
      <p class="legend-help">{what}. Colours say how much fell into a bucket at a moment; rows end at the bounds beside them.</p>
      <BucketTable buckets={buckets} bounds={bounds} />
    </>
  );
}

/** By its upper bound. */
function nameRow(row: Bounds): string {
  if (isZero(row)) return '0';
  return row.upper === Number.POSITIVE_INFINITY ? '+Inf' : formatShort(row.upper);
}

/** Moments of the table drawn at a time. */
const MOMENTS = 50;

function BucketTable({ buckets, bounds }: { buckets: Buckets; bounds: readonly string[] }) {
  const where = useStore(zone);
  const [open, setOpen] = useState(false);
  const [most, setMost] = useState(MOMENTS);
  const newest = buckets.times.map((_, column) => column).reverse();
  return (
    <details class="below" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Buckets as a table</summary>
      {open && (
        <>
          <div class="table-scroll" tabIndex={0} role="region" aria-label="Buckets">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col" class="number">Time</th>
                  {bounds.map((text) => <th key={text} scope="col" class="number">{text}</th>)}
                </tr>
              </thead>
              <tbody>
                {newest.slice(0, most).map((column) => (
                  <tr key={column}>
                    <td class="number">{formatTime(buckets.times[column] ?? 0, where)}</td>
                    {buckets.counts.map((counts, row) => <td key={row} class="number">{formatShort(counts[column] ?? 0)}</td>)}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <More shown={Math.min(most, newest.length)} all={newest.length} step={MOMENTS} onMore={() => setMost(most + MOMENTS)} />
        </>
      )}
    </details>
  );
}
