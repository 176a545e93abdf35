// A question that a component asks once, and again on a timer while the page is visible.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError } from './client';

export interface Loading<T> {
  /** The last good answer, kept while a newer one is on its way or has failed. */
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

/** Asks whenever `key` changes and every `everyMs` (0: never again); `key` stands for all of `ask`. */
export function usePolled<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
  everyMs = 0,
): Loading<T> {
  const [data, setData] = useState<T>();
  const [error, setError] = useState<ApiError>();
  const [loading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    ask(abort.signal).then(
      (answer) => {
        if (abort.signal.aborted) return;
        setData(() => answer);
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
    // `key` stands for the question.
  }, [key, turn]);

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
