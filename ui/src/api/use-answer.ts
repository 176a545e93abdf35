// A GET of Prometheus' API that a component shows.
import { get, type Params } from './client';
import { usePolled, type Loading } from './use-polled';

/** Asks once, then every `everyMs` while the page is visible (0: never again). */
export function useAnswer<T>(path: string, params: Params = {}, everyMs = 0): Loading<T> {
  const key = `${path} ${JSON.stringify(params)}`;
  return usePolled(key, async (signal) => (await get<T>(path, params, signal)).data, everyMs);
}
