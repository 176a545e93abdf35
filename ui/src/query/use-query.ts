// Running a panel's expression: what is asked, and how it went.
import { useEffect, useState } from 'preact/hooks';
import { post, type ApiError, type Params } from '../api/client';
import { asApiError } from '../api/use-polled';
import type { QueryResult } from '../api/types';
import type { PanelState, Tab } from './panel-state';

/** Points of a graph when the page chooses the resolution. */
const AUTO_POINTS = 300;

/** A finished query. */
export interface Finished {
  tab: Tab;
  data: QueryResult;
  warnings: string[];
  infos: string[];
  /** From question to parsed answer, milliseconds. */
  elapsedMs: number;
  /** The window of a graph, seconds; for a table all three describe its moment. */
  startS: number;
  endS: number;
  stepS: number;
}

export interface Running {
  /** The last good answer for this tab; it stays while the next one is on its way. */
  finished: Finished | undefined;
  error: ApiError | undefined;
  loading: boolean;
}

/** The step in seconds that a panel's graph is asked with. */
export function stepOf(panel: PanelState): number {
  if (panel.stepS !== null) return panel.stepS;
  const exact = panel.rangeMs / 1000 / AUTO_POINTS;
  return exact >= 1 ? Math.floor(exact) : Math.max(0.001, Number(exact.toFixed(3)));
}

/** Runs the panel's expression whenever what it asks changes, or `turn` does. */
export function useQuery(panel: PanelState, turn: number): Running {
  const [running, setRunning] = useState<Running>({
    finished: undefined,
    error: undefined,
    loading: false,
  });
  const { expr, tab, endMs } = panel;
  const step = tab === 'graph' ? stepOf(panel) : 0;
  const rangeMs = tab === 'graph' ? panel.rangeMs : 0;

  useEffect(() => {
    // The plan is asked for by the view that shows it.
    if (expr.trim() === '' || tab === 'explain') {
      setRunning({ finished: undefined, error: undefined, loading: false });
      return;
    }
    const abort = new AbortController();
    const window = question(expr, tab, endMs ?? Date.now(), rangeMs, step);
    const began = performance.now();
    setRunning((before) => ({
      finished: before.finished?.tab === tab ? before.finished : undefined,
      error: undefined,
      loading: true,
    }));
    post<QueryResult>(window.path, window.params, abort.signal).then(
      ({ data, warnings, infos }) => {
        const { startS, endS, stepS } = window;
        const elapsedMs = performance.now() - began;
        const finished = { tab, data, warnings, infos, elapsedMs, startS, endS, stepS };
        setRunning({ finished, error: undefined, loading: false });
      },
      (reason: unknown) => {
        if (abort.signal.aborted) return;
        setRunning({ finished: undefined, error: asApiError(reason), loading: false });
      },
    );
    return () => abort.abort();
  }, [expr, tab, endMs, rangeMs, step, turn]);

  return running;
}

interface Question {
  path: string;
  params: Params;
  startS: number;
  endS: number;
  stepS: number;
}

function question(query: string, tab: Tab, endMs: number, rangeMs: number, stepS: number): Question {
  const endS = endMs / 1000;
  if (tab !== 'graph') {
    const params = { query, time: endS, stats: 'true' };
    return { path: 'query', params, startS: endS, endS, stepS: 0 };
  }
  const startS = (endMs - rangeMs) / 1000;
  const params = { query, start: startS, end: endS, step: stepS, stats: 'true' };
  return { path: 'query_range', params, startS, endS, stepS };
}
