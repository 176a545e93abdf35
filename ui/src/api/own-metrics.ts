// The server's own metrics, read off /metrics: what queues hold and how sending goes is told there
// and nowhere else.
import { PREFIX } from '../lib/prefix';
import { parseSample, type Sample } from '../lib/exposition';
import { ApiError } from './client';
import { usePolled, type Loading } from './use-polled';

/** The samples of metrics whose names begin with one of `beginnings`, every `everyMs`. */
export function useOwnMetrics(beginnings: readonly string[], everyMs: number): Loading<Sample[]> {
  return usePolled(beginnings.join(), (signal) => read(beginnings, signal), everyMs);
}

async function read(beginnings: readonly string[], signal: AbortSignal): Promise<Sample[]> {
  const response = await fetch(`${PREFIX}metrics`, { signal, headers: { Accept: 'text/plain' } });
  const text = await response.text();
  if (!response.ok) throw new ApiError(text.trim().slice(0, 300), 'http', response.status);
  return text
    .split('\n')
    .filter((line) => beginnings.some((beginning) => line.startsWith(beginning)))
    .map(parseSample)
    .filter((sample) => sample !== undefined);
}
