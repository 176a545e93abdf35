// The plot's element: it loads the plotting code, follows the width, and shows what is pointed at.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Labels } from '../../lib/labels';
import { useStore } from '../../lib/store';
import { shade } from '../../lib/theme';
import { zone } from '../../lib/time';
import type { Over, Place } from '../../plot/place';
import type { Aligned } from './align';
import { seriesColour } from './palette';
import type { Plot, Pointed } from './plot';
import { Tooltip } from './tooltip';

interface Props {
  aligned: Aligned;
  /** Labels of the columns. */
  labels: readonly Labels[];
  /** Which colour each column has. */
  numbers: readonly number[];
  stacked: boolean;
  description: string;
  onZoom: (from: number, to: number) => void;
  children?: Over;
}

/** The plot. */
export function Canvas({ aligned, labels, numbers, stacked, description, onZoom, children }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [place, setPlace] = useState<Place>();
  const tone = useStore(shade);
  const where = useStore(zone);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let plot: Plot | undefined;
    let gone = false;
    void import('./plot').then(({ drawPlot }) => {
      if (gone) return;
      plot = drawPlot(element, {
        aligned,
        colours: numbers.map((number) => seriesColour(number, tone)),
        stacked,
        shade: tone,
        zone: where,
        onPoint: setPointed,
        onDraw: (next) => setPlace(() => next),
        onZoom: (from, to) => zoom.current(from, to),
      });
    });
    const follow = new ResizeObserver(() => plot?.resize(element.clientWidth));
    follow.observe(element);
    return () => {
      gone = true;
      follow.disconnect();
      plot?.destroy();
      setPointed(null);
    };
  }, [aligned, numbers, stacked, tone, where]);

  const pointedLabels = pointed && labels[pointed.line];
  return (
    <div class="plot">
      <div ref={host} class="plot-canvas" role="img" aria-label={description} />
      {pointed && pointedLabels && (
        <Tooltip
          pointed={pointed}
          labels={pointedLabels}
          colour={seriesColour(numbers[pointed.line] ?? 0, tone)}
          zone={where}
        />
      )}
      {children && place && children(place, host.current?.clientWidth ?? 0)}
    </div>
  );
}
