// Asking the server for what there is to choose from.
import { get } from '../../api/client';
import { formatSeries, type Labels } from '../../lib/labels';
import { askBatch } from '../data/batch';
import type { VariableQuery } from '../model';
import type { Range } from '../time-range';
import { fillSpan } from './interpolate';

/** An address longer than this is asked another way: proxies cut it. */
const MAX_MATCHER = 3500;

/** The values that a query finds; every text in it is filled already. */
export async function loadValues(query: VariableQuery, range: Range, signal: AbortSignal): Promise<string[]> {
  const span = { start: Math.floor(range.fromMs / 1000), end: Math.ceil(range.toMs / 1000) };
  switch (query.kind) {
    case 'label_values': {
      const matcher = fillSpan(query.matcher, range);
      if (matcher.length > MAX_MATCHER)
        return byQuery(`group by (${query.label}) (last_over_time(${matcher}[$__range]))`, query.label, range, signal);
      const params = { ...span, ...(matcher !== '' && { 'match[]': matcher }) };
      return (await get<string[]>(`label/${encodeURIComponent(query.label)}/values`, params, signal)).data;
    }
    case 'label_names':
      return (
        await get<string[]>('labels', { ...span, ...(query.matcher !== '' && { 'match[]': query.matcher }) }, signal)
      ).data;
    case 'metrics': {
      const names = (await get<string[]>('label/__name__/values', span, signal)).data;
      const pattern = anywhere(query.regex);
      return pattern ? names.filter((name) => pattern.test(name)) : names;
    }
    case 'query_result':
      return queryResult(query.expr, range, signal);
    case 'series': {
      const found = await get<Labels[]>('series', { ...span, 'match[]': query.matcher }, signal);
      return found.data.map(formatSeries);
    }
  }
}

function anywhere(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern);
  } catch {
    return null;
  }
}

function instant(expr: string, { fromMs, toMs }: Range, signal: AbortSignal) {
  const end = toMs / 1000;
  return askBatch(
    { expr, kind: 'instant', start: fromMs / 1000, end, time: end, step: null, max_points: 100, min_step: null },
    signal,
  );
}

async function byQuery(expr: string, label: string, range: Range, signal: AbortSignal): Promise<string[]> {
  const { data } = await instant(expr, range, signal);
  return data.resultType === 'vector' ? data.result.map(({ metric }) => metric[label] ?? '').sort() : [];
}

/** Series as Grafana writes them: name and labels, value and time in milliseconds. */
async function queryResult(expr: string, range: Range, signal: AbortSignal): Promise<string[]> {
  const { data } = await instant(expr, range, signal);
  if (data.resultType === 'vector') {
    return data.result.map(({ metric, value }) => {
      const { __name__: name = '', ...labels } = metric;
      const pairs = Object.entries(labels)
        .map(([key, text]) => `${key}="${text}"`)
        .join(',');
      return `${name}{${pairs}} ${value?.[1] ?? ''} ${Math.round((value?.[0] ?? 0) * 1000)}`;
    });
  }
  return data.resultType === 'scalar' || data.resultType === 'string' ? [data.result[1]] : [];
}
