// An answer as a graph with its legend.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { MatrixSeries } from '../../api/types';
import { formatCount } from '../../lib/number';
import { lazyPart } from '../../parts/lazy-part';
import { Notice } from '../../parts/notice';
import type { Over } from '../../plot/place';
import type { DisplayMode } from '../panel-state';
import { align, type Column } from './align';
import { Canvas } from './canvas';
import { Legend } from './legend';

const HeatView = lazyPart(() => import('./heat-view').then((module) => module.HeatView));
const GraphExemplars = lazyPart(() => import('./exemplars').then((module) => module.GraphExemplars));

/** Series drawn without asking: more lines cannot be told apart, and hovering gets slow. */
const FIRST_SERIES = 200;

interface Props {
  index: number;
  series: readonly MatrixSeries[];
  startS: number;
  endS: number;
  stepS: number;
  mode: DisplayMode;
  /** The expression whose exemplars are marked; null where they are not wanted. */
  exemplarsOf: string | null;
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
export function GraphView({ exemplarsOf, ...props }: Props) {
  const { mode, series, startS, endS, stepS } = props;
  const over: Over =
    exemplarsOf !== null &&
    ((place, width) => (
      <GraphExemplars expr={exemplarsOf} startS={startS} endS={endS} place={place} width={width} />
    ));
  if (mode !== 'heatmap') return <LineView {...props}>{over}</LineView>;
  return (
    <HeatView series={series} startS={startS} endS={endS} stepS={stepS}>
      {over}
    </HeatView>
  );
}

function LineView({ index, series, startS, endS, stepS, mode, onZoom, children }: Omit<Props, 'exemplarsOf'> & { children: Over }) {
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
          which Heatmap draws and the table shows; histogram_quantile() makes lines of them.
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
        stacked={mode === 'stacked'}
        description={`Graph of ${drawn.length} series; the Table view has values as text.`}
        onZoom={(from, to) => {
          const start = Math.floor(from) * 1000;
          onZoom(start, Math.max(start + 1000, Math.ceil(to) * 1000));
        }}
      >
        {children}
      </Canvas>
      <Legend labels={shown.map(({ metric }) => metric)} hidden={hidden} onHidden={setHidden} />
    </>
  );
}
