// What the Prometheus HTTP API answers, as far as the pages read it.
import type { Labels } from '../lib/labels';

/** Seconds since the epoch, and the value as text. */
export type SamplePair = [number, string];

/** [boundary rule, lower, upper, count] of a native histogram's bucket. */
export type HistogramBucket = [number, string, string, string];

export interface HistogramValue {
  count: string;
  sum: string;
  buckets?: HistogramBucket[];
}

export type HistogramPair = [number, HistogramValue];

export interface VectorSeries {
  metric: Labels;
  value?: SamplePair;
  histogram?: HistogramPair;
}

export interface MatrixSeries {
  metric: Labels;
  values?: SamplePair[];
  histograms?: HistogramPair[];
}

export interface QueryStats {
  timings?: Record<string, number>;
  samples?: { totalQueryableSamples?: number; samplesRead?: number; peakSamples?: number };
  /** Argand's own, with `stats=all`. */
  work?: { peakBytes?: number; series?: number; chunks?: number; blocks?: number };
}

export type QueryResult = (
  | { resultType: 'vector'; result: VectorSeries[] }
  | { resultType: 'matrix'; result: MatrixSeries[] }
  | { resultType: 'scalar'; result: SamplePair }
  | { resultType: 'string'; result: SamplePair }
) & { stats?: QueryStats };

export type HealthWord = 'up' | 'down' | 'unknown';

export interface ActiveTarget {
  discoveredLabels: Labels;
  labels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  /** RFC 3339; the year 1 before the first scrape. */
  lastScrape: string;
  /** Seconds. */
  lastScrapeDuration: number;
  health: HealthWord;
  scrapeInterval: string;
  scrapeTimeout: string;
}

export interface DroppedTarget {
  discoveredLabels: Labels;
  scrapePool?: string;
}

export interface TargetsData {
  activeTargets: ActiveTarget[] | null;
  droppedTargets: DroppedTarget[] | null;
  droppedTargetCounts?: Record<string, number>;
}

export interface MetricMetadata {
  type: string;
  help: string;
  unit: string;
}

export interface NameValue {
  name: string;
  value: number;
}

export interface TsdbStatus {
  headStats?: {
    numSeries: number;
    numLabelPairs: number;
    chunkCount: number;
    minTime: number;
    maxTime: number;
  };
  seriesCountByMetricName: NameValue[] | null;
  labelValueCountByLabelName: NameValue[] | null;
  memoryInBytesByLabelName: NameValue[] | null;
  seriesCountByLabelValuePair: NameValue[] | null;
}

export type RuntimeInfo = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface WalReplay {
  min: number;
  max: number;
  current: number;
}
