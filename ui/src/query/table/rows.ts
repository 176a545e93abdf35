// Every shape of answer as rows of one kind.
import type { HistogramPair, QueryResult, SamplePair } from '../../api/types';
import { formatSeries, type Labels } from '../../lib/labels';

export interface Row {
  key: string;
  /** Null for a scalar or a string, which have no labels. */
  labels: Labels | null;
  values: SamplePair[];
  histograms: HistogramPair[];
  /** Whether each value is shown with its time: they come from a range. */
  timed: boolean;
}

/** The rows of an answer, in its order. */
export function toRows(data: QueryResult): Row[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.map(({ metric, value, histogram }) => ({
        key: formatSeries(metric),
        labels: metric,
        values: value ? [value] : [],
        histograms: histogram ? [histogram] : [],
        timed: false,
      }));
    case 'matrix':
      return data.result.map(({ metric, values, histograms }) => ({
        key: formatSeries(metric),
        labels: metric,
        values: values ?? [],
        histograms: histograms ?? [],
        timed: true,
      }));
    default:
      return [
        { key: data.resultType, labels: null, values: [data.result], histograms: [], timed: false },
      ];
  }
}
