// From a panel's queries to what is asked of the server.
import type { PanelModel, PanelQuery } from '../model';
import { resolveRange, type Range } from '../time-range';
import { addFilters, type AdhocFilter } from '../variables/adhoc';
import { interpolate, type Filling } from '../variables/interpolate';
import { parseDuration } from '../../lib/duration';
import type { Question } from './batch';
import { parseLeast, stepFor } from './step';

/** A question with what it is for. */
export interface PanelQuestion {
  query: PanelQuery;
  question: Question;
  /** Everything but its time: what is held under the same key can be continued. */
  key: string;
  legend: string;
}

/** Points closer than a second are asked for by nobody. */
const LEAST_STEP_MS = 1000;

/** The panel's own span where it has one. */
export function panelRange(panel: PanelModel, filling: Filling): Range {
  let { fromMs, toMs } = filling.range;
  const own = interpolate(panel.timeFrom, filling);
  if (own) {
    const from = own.startsWith('now') ? own : `now-${own}`;
    ({ fromMs } = resolveRange({ from, to: String(toMs) }, toMs, filling.zone));
  }
  const shift = parseDuration(interpolate(panel.timeShift, filling)) ?? 0;
  return { fromMs: fromMs - shift, toMs: toMs - shift };
}

/** All questions of a panel. */
export function questionsOf(
  panel: PanelModel,
  filling: Filling,
  filters: readonly AdhocFilter[],
  width: number,
): PanelQuestion[] {
  const range = panelRange(panel, filling);
  return panel.queries
    .filter(({ hide, signal, expr }) => !hide && signal === 'metrics' && expr.trim() !== '')
    .flatMap((query) => {
      const expr = addFilters(interpolate(query.expr, filling), filters);
      const legend = interpolate(query.legendFormat, filling, 'glob');
      const least = interpolate(query.interval || panel.interval, filling);
      const points = pointsOf(panel, query, range, width);
      // Only lines have room for single events.
      const exemplars = query.exemplar && panel.kind === 'timeseries';
      const asked = { expr, max_points: points, min_step: least === '' ? null : least, exemplars };
      const both = query.instant && query.range;
      const out: PanelQuestion[] = [];
      if (query.instant) out.push(instant(query, asked, range, legend));
      if (!query.instant || both) out.push(ranged(query, asked, range, legend));
      return out;
    });
}

type Asked = Pick<Question, 'expr' | 'max_points' | 'min_step' | 'exemplars'>;

function pointsOf(panel: PanelModel, query: PanelQuery, { fromMs, toMs }: Range, width: number): number {
  const room = panel.maxDataPoints ?? width;
  const factor = query.intervalFactor > 1 ? query.intervalFactor : 1;
  const most = Math.max(1, Math.floor((toMs - fromMs) / LEAST_STEP_MS));
  return Math.max(1, Math.min(most, Math.round(room / factor), 11_000));
}

function instant(query: PanelQuery, asked: Asked, { fromMs, toMs }: Range, legend: string): PanelQuestion {
  const question: Question = {
    ...asked,
    kind: 'instant',
    exemplars: false,
    start: fromMs / 1000,
    end: toMs / 1000,
    time: toMs / 1000,
    step: null,
  };
  return { query, question, legend, key: `${query.refId} instant ${asked.expr}` };
}

/** On whole steps, so that the same moments are asked for again at the next refresh. */
function ranged(query: PanelQuery, asked: Asked, { fromMs, toMs }: Range, legend: string): PanelQuestion {
  const step = stepFor(toMs - fromMs, asked.max_points, parseLeast(asked.min_step ?? ''));
  const start = (Math.floor(fromMs / step) * step) / 1000;
  const end = (Math.ceil(toMs / step) * step) / 1000;
  const question: Question = { ...asked, kind: 'range', start, end, time: null, step: null };
  const span = Math.round((toMs - fromMs) / step);
  return { query, question, legend, key: JSON.stringify([query.refId, asked, span]) };
}

/** Whether an answer depends on the whole span, and so cannot be continued. */
export function dependsOnSpan(expr: string): boolean {
  return /\$\{?__range|@\s*(start|end)\s*\(/.test(expr);
}
