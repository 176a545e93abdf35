// Lines, bars and points over time.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ExemplarLayer } from '../../plot/exemplar-layer';
import { thinOut } from '../../plot/exemplars';
import type { Place } from '../../plot/place';
import { useBoard } from '../board';
import { display, textOfShown } from '../field/display';
import { isHidden } from '../field/config';
import type { Plot, Pointed } from '../plot/draw';
import { Legend } from '../plot/legend';
import { stackLines, toLines, valueAt } from '../plot/lines';
import { Tooltip, type TooltipRow } from '../plot/tooltip';
import { panelRange } from '../data/questions';
import { regionMarks, type TimeRegion } from '../data/regions';
import { inTurn } from '../../lib/turns';
import { PointLinks } from './point-links';
import type { PanelProps } from './props';

/** What browser tests read, because a canvas cannot be asked: by panel, what is drawn. */
declare global {
  interface Window {
    argandPanels?: Record<string, { times: number[]; names: string[]; columns: (number | null | undefined)[][] }>;
  }
}

/** Height of a legend below, and width of one beside, at most: shares of the panel. */
const LEGEND_HEIGHT = 0.4;
const LEGEND_WIDTH = 0.45;
const ROW_PX = 20;

/** The panel. */
export function TimeSeries({ panel, data, filling, width, height }: PanelProps) {
  const board = useBoard();
  const { shade, zone } = board;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [chosen, setChosen] = useState<Pointed | null>(null);
  const [place, setPlace] = useState<Place>();
  const { times, lines, left } = useMemo(() => toLines(data.frames), [data.frames]);
  const displays = useMemo(
    () => lines.map(({ field, index }) => display(field, { shade, zone, index })),
    [lines, shade, zone],
  );
  const shown = useMemo(() => lines.filter(({ name }) => !hidden.has(name)), [lines, hidden]);
  const colours = useMemo(() => displays.map(({ colour }) => colour), [displays]);
  const stacked = useMemo(() => stackLines(shown), [shown]);
  const range = useMemo(() => panelRange(panel, filling), [panel, filling]);

  const legend = panel.options.legend ?? { show: true, displayMode: 'list', placement: 'bottom', calcs: [] };
  const beside = legend.placement === 'right' && width > 360;
  const wanted =
    legend.displayMode === 'table'
      ? (lines.length + 1) * ROW_PX + 8
      : Math.ceil(lines.length / Math.max(1, Math.floor(width / 190))) * ROW_PX + 6;
  const legendHeight = !legend.show || beside || height < 90 ? 0 : Math.min(wanted, Math.floor(height * LEGEND_HEIGHT));
  const legendWidth = legend.show && beside ? Math.floor(width * LEGEND_WIDTH) : 0;
  const size = { width: Math.max(80, width - legendWidth), height: Math.max(50, height - legendHeight) };

  const marked = useMemo(() => thinOut(data.exemplars, range.fromMs, range.toMs), [data.exemplars, range]);
  const hasMarked = useRef(false);
  hasMarked.current = marked.length > 0;
  const { host, plot } = usePlot({
    panel,
    times,
    shown,
    stacked,
    colours: shown.map(({ index }) => colours[index] ?? '#888888'),
    size,
    range,
    onPoint: setPointed,
    onDraw: (next) => {
      if (hasMarked.current) setPlace(() => next);
    },
  });
  const linked = shown.some(({ field }) => (field.config.links ?? []).length > 0);
  useEffect(() => {
    (window.argandPanels ??= {})[panel.id] = { times, names: shown.map(({ name }) => name), columns: stacked.columns };
    return () => {
      delete window.argandPanels?.[panel.id];
    };
  }, [panel.id, times, shown, stacked]);

  const tooltip = panel.options.tooltip ?? { mode: 'single', sort: 'none' };
  const follows = pointed?.nearest === -1;
  const rows = useMemo((): TooltipRow[] => {
    if (!pointed) return [];
    return shown.flatMap((line, i): TooltipRow[] => {
      const value = valueAt(line, times, pointed.index);
      if (value === null || value === undefined || isHidden(line.field, 'tooltip')) return [];
      if (tooltip.mode === 'single' && i !== pointed.nearest && !follows) return [];
      const row = displays[line.index]?.show(value);
      return row
        ? [
            {
              name: line.name,
              colour: colours[line.index] ?? '#888888',
              text: textOfShown(row),
              number: value,
              strong: i === pointed.nearest,
            },
          ]
        : [];
    });
  }, [pointed, shown, displays, tooltip.mode]);
  const marks = pointed
    ? board.marks.filter(({ fromMs, toMs }) => nearMark(pointed.time * 1000, fromMs, toMs, range.toMs - range.fromMs))
    : [];
  const open = pointed && !chosen && tooltip.mode !== 'none' && (!follows || board.model.graphTooltip === 'tooltip');

  return (
    <div class={beside ? 'dash-series dash-series-beside' : 'dash-series'}>
      <div class={linked ? 'dash-plot dash-plot-linked' : 'dash-plot'} style={{ height: `${size.height}px` }}>
        <div
          ref={host}
          onClick={() => setChosen(linked ? pointed : null)}
          role="img"
          aria-label={`Graph of ${shown.length} series: ${panel.title}. Its values as text: Show as table in the panel's menu.`}
        />
        {open && (rows.length > 0 || marks.length > 0) && (
          <Tooltip
            pointed={pointed}
            rows={rows}
            sort={tooltip.mode === 'single' ? 'none' : tooltip.sort}
            marks={marks}
            zone={zone}
            height={size.height}
          />
        )}
        {place && marked.length > 0 && (
          <ExemplarLayer
            exemplars={marked}
            place={place}
            width={size.width}
            zone={zone}
            write={(value) => (displays[0] ? textOfShown(displays[0].show(value)) : String(value))}
          />
        )}
        {linked && (
          <PointLinks
            lines={shown}
            displays={displays}
            times={times}
            frames={data.frames}
            filling={filling}
            pointed={pointed}
            chosen={chosen}
            onChosen={setChosen}
            plot={plot}
          />
        )}
        {left > 0 && (
          <p class="dash-note">
            {lines.length} of {lines.length + left} series are drawn.
          </p>
        )}
      </div>
      {legend.show && (beside || legendHeight > 0) && (
        <div
          class="dash-legend-box"
          style={beside ? { width: `${legendWidth}px`, height: `${height}px` } : { height: `${legendHeight}px` }}
        >
          <Legend
            lines={lines}
            displays={displays}
            colours={colours}
            options={legend}
            hidden={hidden}
            onHidden={setHidden}
          />
        </div>
      )}
    </div>
  );
}

function nearMark(at: number, fromMs: number, toMs: number, span: number): boolean {
  const near = span / 150;
  return at >= fromMs - near && at <= toMs + near;
}

interface Drawn {
  panel: PanelProps['panel'];
  times: number[];
  shown: ReturnType<typeof toLines>['lines'];
  stacked: ReturnType<typeof stackLines>;
  colours: string[];
  size: { width: number; height: number };
  range: { fromMs: number; toMs: number };
  onPoint: (pointed: Pointed | null) => void;
  onDraw: (place: Place) => void;
}

/** The canvas: made anew when lines change their look, fed when only values do. */
function usePlot({ panel, times, shown, stacked, colours, size, range, onPoint, onDraw }: Drawn) {
  const { shade, zone, marks: found, model, setRange } = useBoard();
  const marks = useMemo(() => {
    const regions = panel.options['timeRegions'];
    return Array.isArray(regions) ? [...regionMarks(regions as TimeRegion[], range), ...found] : found;
  }, [panel, range, found]);
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const [ready, setReady] = useState<typeof import('../plot/draw')>();
  useEffect(() => {
    let gone = false;
    void import('../plot/draw').then((module) => {
      if (!gone) setReady(module);
    });
    return () => {
      gone = true;
    };
  }, []);
  const latest = { times, columns: stacked.columns, fromMs: range.fromMs, toMs: range.toMs, marks };
  const feed = useRef(latest);
  feed.current = latest;
  const sizeNow = useRef(size);
  sizeNow.current = size;
  const look = JSON.stringify([shown.map(({ field, name }) => [name, field.config]), colours, stacked.bands]);

  useEffect(() => {
    const element = host.current;
    if (!element || !ready) return;
    const takeBack = inTurn(() => {
      plot.current = ready.drawPlot(element, {
        ...feed.current,
        lines: shown,
        bands: stacked.bands,
        colours,
        ...sizeNow.current,
        shade,
        zone,
        shared: model.graphTooltip !== 'none',
        onPoint,
        onDraw,
        onZoom: (fromMs, toMs) => setRange({ from: String(fromMs), to: String(toMs) }),
      });
    });
    return () => {
      takeBack();
      plot.current?.destroy();
      plot.current = null;
      onPoint(null);
    };
  }, [ready, look, shade, zone, model.graphTooltip, setRange]);
  useEffect(() => (plot.current ? inTurn(() => plot.current?.update(feed.current)) : undefined), [times, stacked, range, marks]);
  useEffect(() => plot.current?.resize(size.width, size.height), [size.width, size.height]);
  return { host, plot };
}
