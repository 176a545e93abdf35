// A GET that a component shows, optionally asked again on a timer.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, get, type Params } from './client';

export interface Loading<T> {
  /** The last good answer, kept while a newer one is on its way or has failed. */
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

/** Asks once, then every `everyMs` while the page is visible (0: never again). */
export function useAnswer<T>(path: string, params: Params = {}, everyMs = 0): Loading<T> {
  const [data, setData] = useState<T>();
  const [error, setError] = useState<ApiError>();
  const [loading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(params);

  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    get<T>(path, params, abort.signal).then(
      (answer) => {
        setData(answer.data);
        setError(undefined);
        setLoading(false);
      },
      (reason: unknown) => {
        if (abort.signal.aborted) return;
        setError(asApiError(reason));
        setLoading(false);
      },
    );
    return () => abort.abort();
    // `key` stands for the parameters.
  }, [path, key, turn]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  useEffect(() => {
    if (everyMs === 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);

  return { data, error, loading, reload };
}

/** Any failure as an ApiError. */
export function asApiError(reason: unknown): ApiError {
  if (reason instanceof ApiError) return reason;
  return new ApiError(reason instanceof Error ? reason.message : String(reason), 'internal', 0);
}
