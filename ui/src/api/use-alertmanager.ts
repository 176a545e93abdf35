// A GET of Alertmanager's API that a component shows.
import { ask, type Filters } from './alertmanager';
import { usePolled, type Loading } from './use-polled';

/** Asks once, then every `everyMs` while the page is visible (0: never again). */
export function useAlertmanager<T>(path: string, filters: Filters = {}, everyMs = 0): Loading<T> {
  const key = `${path} ${JSON.stringify(filters)}`;
  return usePolled(key, (signal) => ask<T>(path, filters, signal), everyMs);
}
