// An answer as CSV: one column a label, then the time and the value; one line a sample.
import type { HistogramPair, QueryResult, SamplePair } from '../api/types';
import { toCsv } from '../lib/export';
import type { Labels } from '../lib/labels';

interface Line {
  labels: Labels;
  time: number;
  value: string;
}

/** The text. Times are RFC 3339 in UTC; a native histogram's value is its JSON. */
export function resultToCsv(data: QueryResult): string {
  const lines = toLines(data);
  const names = [...new Set(lines.flatMap(({ labels }) => Object.keys(labels)))].sort();
  return toCsv(
    [...names, 'time', 'value'],
    lines.map(({ labels, time, value }) => [
      ...names.map((name) => labels[name] ?? ''),
      new Date(time * 1000).toISOString(),
      value,
    ]),
  );
}

function toLines(data: QueryResult): Line[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.flatMap(({ metric, value, histogram }) =>
        pairs(metric, value ? [value] : [], histogram ? [histogram] : []),
      );
    case 'matrix':
      return data.result.flatMap(({ metric, values, histograms }) =>
        pairs(metric, values ?? [], histograms ?? []),
      );
    default:
      return pairs({}, [data.result], []);
  }
}

function pairs(labels: Labels, values: SamplePair[], histograms: HistogramPair[]): Line[] {
  return [
    ...values.map(([time, value]) => ({ labels, time, value })),
    ...histograms.map(([time, histogram]) => ({ labels, time, value: JSON.stringify(histogram) })),
  ];
}
