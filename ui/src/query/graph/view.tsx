// An answer as a graph with its legend.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { MatrixSeries } from '../../api/types';
import { formatCount } from '../../lib/number';
import { Notice } from '../../parts/notice';
import { align, type Column } from './align';
import { Canvas } from './canvas';
import { Legend } from './legend';

/** Series drawn without asking: more lines cannot be told apart, and hovering gets slow. */
const FIRST_SERIES = 200;

interface Props {
  index: number;
  series: readonly MatrixSeries[];
  startS: number;
  endS: number;
  stepS: number;
  stacked: boolean;
  /** Milliseconds. */
  onZoom: (start: number, end: number) => void;
}

/** What browser tests read, because a canvas cannot be asked: by panel, what is drawn. */
declare global {
  interface Window {
    argandGraphs?: Record<number, { times: number[]; columns: Column[]; names: string[] }>;
  }
}

/** The graph. */
export function GraphView({ index, series, startS, endS, stepS, stacked, onZoom }: Props) {
  const [all, setAll] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const shown = useMemo(() => (all ? series : series.slice(0, FIRST_SERIES)), [series, all]);
  useEffect(() => setHidden(new Set()), [series.length]);

  const numbers = useMemo(
    () => shown.map((_, number) => number).filter((number) => !hidden.has(number)),
    [shown, hidden],
  );
  const drawn = useMemo(() => numbers.flatMap((number) => shown[number] ?? []), [shown, numbers]);
  const aligned = useMemo(() => align(drawn, startS, endS, stepS), [drawn, startS, endS, stepS]);
  const labels = useMemo(() => drawn.map(({ metric }) => metric), [drawn]);

  useEffect(() => {
    const names = labels.map((metric) => JSON.stringify(metric));
    (window.argandGraphs ??= {})[index] = { ...aligned, names };
    return () => {
      delete window.argandGraphs?.[index];
    };
  }, [index, aligned, labels]);

  const histograms = series.filter(({ histograms: h }) => h && h.length > 0).length;
  return (
    <>
      {histograms > 0 && (
        <Notice tone="info" title={`${formatCount(histograms)} series hold native histograms,`}>
          which the table shows; graph a number of them with histogram_quantile() or rate().
        </Notice>
      )}
      {shown.length < series.length && (
        <Notice tone="info" title={`The first ${formatCount(shown.length)} of ${formatCount(series.length)} series are drawn.`}>
          <button type="button" class="button" onClick={() => setAll(true)}>
            Draw all {formatCount(series.length)}
          </button>
        </Notice>
      )}
      <Canvas
        aligned={aligned}
        labels={labels}
        numbers={numbers}
        stacked={stacked}
        description={`Graph of ${drawn.length} series; the Table view has values as text.`}
        onZoom={(from, to) => {
          const start = Math.floor(from) * 1000;
          onZoom(start, Math.max(start + 1000, Math.ceil(to) * 1000));
        }}
      />
      <Legend labels={shown.map(({ metric }) => metric)} hidden={hidden} onHidden={setHidden} />
    </>
  );
}
