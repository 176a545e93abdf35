// Answers of the query API to frames.
import type { Labels } from '../../lib/labels';
import { parseNumber } from '../../lib/number';
import type { QueryResult, SamplePair } from '../../api/types';
import { isZero, toBuckets, type Buckets } from '../../plot/buckets';
import { MAX_ROWS } from '../../plot/heat';
import type { PanelQuery } from '../model';
import { makeField, makeFrame, type Frame, type Value } from './frame';
import { autoLegends, formatLegend } from './names';

/** What of a query decides how its answer is laid out. */
export interface Asked {
  query: PanelQuery;
  /** As it was run. */
  expr: string;
  /** The legend with its variables filled in. */
  legend: string;
  stepMs: number;
  /** Whether other queries of the panel answer tables too: their values need names of their own. */
  several: boolean;
  /** Whether native histograms are drawn as their buckets, whatever the query's format. */
  heatmap?: boolean;
}

interface Series {
  metric: Labels;
  samples: readonly SamplePair[];
}

/** The frames of one answer. */
export function toFrames(data: QueryResult, asked: Asked): Frame[] {
  const buckets = asked.heatmap || asked.query.format === 'heatmap' ? nativeRows(data) : null;
  if (buckets) return [bucketsToFrame(buckets, asked)];
  const series = seriesOf(data);
  if (asked.query.format === 'table') return [toTable(series, asked)];
  if (asked.query.format === 'heatmap') return series.length > 0 ? [toHeatmap(series, asked)] : [];
  const auto =
    asked.legend === '__auto'
      ? autoLegends(
          series.map(({ metric }) => metric),
          asked.expr,
        )
      : null;
  return series.map((one, i) => toSeries(one, asked, auto?.[i] ?? formatLegend(asked.legend, one.metric, asked.expr)));
}

function seriesOf(data: QueryResult): Series[] {
  switch (data.resultType) {
    case 'matrix':
      return data.result.map(({ metric, values, histograms }) => ({
        metric,
        samples: values ?? (histograms ?? []).map(([time, { count }]) => [time, count] as const satisfies SamplePair),
      }));
    case 'vector':
      return data.result.map(({ metric, value, histogram }) => ({
        metric,
        samples: value ? [value] : histogram ? [[histogram[0], histogram[1].count]] : [],
      }));
    default:
      return [{ metric: {}, samples: [data.result] }];
  }
}

const toMs = (seconds: number): number => Math.round(seconds * 1000);

function toSeries({ metric, samples }: Series, asked: Asked, legend: string): Frame {
  return makeFrame(
    asked.query.refId,
    [
      makeField(
        'Time',
        'time',
        samples.map(([time]) => toMs(time)),
      ),
      makeField(
        'Value',
        'number',
        samples.map(([, text]) => parseNumber(text)),
        { labels: metric, legend },
      ),
    ],
    { name: legend, stepMs: asked.stepMs },
  );
}

function toTable(series: readonly Series[], asked: Asked): Frame {
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const times: Value[] = [];
  const columns = names.map((): Value[] => []);
  const values: Value[] = [];
  for (const { metric, samples } of series) {
    for (const [time, text] of samples) {
      times.push(toMs(time));
      names.forEach((name, i) => columns[i]?.push(metric[name] ?? ''));
      values.push(parseNumber(text));
    }
  }
  const { refId } = asked.query;
  return makeFrame(
    refId,
    [
      makeField('Time', 'time', times),
      ...names.map((name, i) => makeField(name, 'string', columns[i] ?? [])),
      makeField(asked.several ? `Value #${refId}` : 'Value', 'number', values),
    ],
    { stepMs: 0 },
  );
}

/** The buckets of an answer of native histograms. */
function nativeRows(data: QueryResult): Buckets | null {
  const native = data.resultType === 'matrix' ? data.result.filter(({ histograms }) => histograms) : [];
  return native.length > 0 ? toBuckets(native, MAX_ROWS) : null;
}

/** One field for each bucket, with its upper bound as `le`. */
function bucketsToFrame({ times, rows, counts }: Buckets, asked: Asked): Frame {
  const fields = rows.map((row, i) => {
    const le = isZero(row) ? '0' : row.upper === Number.POSITIVE_INFINITY ? '+Inf' : String(row.upper);
    return makeField(le, 'number', counts[i] ?? [], { labels: { le } });
  });
  return makeFrame(asked.query.refId, [makeField('Time', 'time', times), ...fields], { stepMs: asked.stepMs });
}

/** Buckets of a classic histogram: one field each, with what falls into it alone. */
function toHeatmap(series: readonly Series[], asked: Asked): Frame {
  const sorted = series
    .map((one) => ({ ...one, bound: parseNumber(one.metric['le'] ?? 'NaN') }))
    .sort((a, b) => a.bound - b.bound);
  const cumulative = sorted.every(({ bound }) => !Number.isNaN(bound));
  const times = [...new Set(sorted.flatMap(({ samples }) => samples.map(([time]) => toMs(time))))].sort(
    (a, b) => a - b,
  );
  const place = new Map(times.map((time, i) => [time, i]));
  let below: number[] = times.map(() => 0);
  const fields = sorted.map(({ metric, samples }) => {
    const values: Value[] = times.map(() => null);
    const total = [...below];
    for (const [time, text] of samples) {
      const row = place.get(toMs(time)) ?? 0;
      const value = parseNumber(text);
      values[row] = cumulative ? Math.max(0, value - (below[row] ?? 0)) : value;
      total[row] = value;
    }
    below = total;
    const name = metric['le'] ?? formatLegend(asked.legend, metric, asked.expr);
    return makeField(name, 'number', values, { labels: metric });
  });
  return makeFrame(asked.query.refId, [makeField('Time', 'time', times), ...fields], { stepMs: asked.stepMs });
}
