// What a panel shows, and its two faces in the address: the parameters gN.* of today's query
// page and the older ones of `/graph`. The address is the only place where panels are kept, so a
// link reproduces the view and the browser's back button works.
import { formatDuration, parseDuration } from '../lib/duration';
import { formatTime, parseTime } from '../lib/time';

export type Tab = 'table' | 'graph' | 'explain';
export type DisplayMode = 'lines' | 'stacked' | 'heatmap';

export interface PanelState {
  expr: string;
  tab: Tab;
  /** Width of the graph, milliseconds. */
  rangeMs: number;
  /** End of the graph and moment of the table, milliseconds; null is now. */
  endMs: number | null;
  /** Fixed resolution in seconds; null lets the page choose. */
  stepS: number | null;
  displayMode: DisplayMode;
  showExemplars: boolean;
}

export const DEFAULT_RANGE_MS = 3_600_000;

/** More panels than this in an address are an accident. */
const MAX_PANELS = 64;

/** A panel as the page opens with it. */
export function emptyPanel(): PanelState {
  return {
    expr: '',
    tab: 'table',
    rangeMs: DEFAULT_RANGE_MS,
    endMs: null,
    stepS: null,
    displayMode: 'lines',
    showExemplars: false,
  };
}

/** Reads the panels of an address; at least one. */
export function parsePanels(search: string): PanelState[] {
  const params = new URLSearchParams(search);
  const indexes = new Set<number>();
  for (const key of params.keys()) {
    const index = /^g(\d+)\./.exec(key)?.[1];
    if (index !== undefined) indexes.add(Number(index));
  }
  const panels = [...indexes]
    .sort((a, b) => a - b)
    .slice(0, MAX_PANELS)
    .map((index) => parsePanel((name) => params.get(`g${index}.${name}`)));
  return panels.length > 0 ? panels : [emptyPanel()];
}

function parsePanel(read: (name: string) => string | null): PanelState {
  const tab = parseTab(read('tab'));
  const end = read('end_input');
  const moment = read('moment_input');
  // Today both say the same; the older page kept one for each tab.
  const time = tab === 'graph' ? (end ?? moment) : (moment ?? end);
  // Upstream's page of today writes a fixed resolution as `res_step`.
  const step = parseDuration(read('step_input') ?? read('res_step') ?? '');
  return {
    expr: read('expr') ?? '',
    tab,
    rangeMs: parseDuration(read('range_input') ?? '') ?? DEFAULT_RANGE_MS,
    endMs: time ? parseTime(time, 'utc') : null,
    stepS: step === null ? null : step / 1000,
    displayMode: parseMode(read('display_mode'), read('stacked')),
    showExemplars: read('show_exemplars') === '1',
  };
}

function parseMode(mode: string | null, stacked: string | null): DisplayMode {
  if (mode === 'heatmap') return mode;
  return mode === 'stacked' || stacked === '1' ? 'stacked' : 'lines';
}

function parseTab(text: string | null): Tab {
  if (text === 'explain') return 'explain';
  return text === 'graph' || text === '0' ? 'graph' : 'table';
}

/** Writes the panels as the query string of an address. */
export function formatPanels(panels: readonly PanelState[]): string {
  const params = new URLSearchParams();
  panels.forEach((panel, index) => {
    const write = (name: string, value: string) => params.set(`g${index}.${name}`, value);
    write('expr', panel.expr);
    write('tab', panel.tab);
    write('range_input', formatDuration(panel.rangeMs));
    if (panel.endMs !== null) {
      const time = formatTime(panel.endMs, 'utc');
      write('end_input', time);
      write('moment_input', time);
    }
    if (panel.stepS !== null) write('step_input', String(panel.stepS));
    write('display_mode', panel.displayMode);
    write('show_exemplars', panel.showExemplars ? '1' : '0');
  });
  return params.toString();
}
