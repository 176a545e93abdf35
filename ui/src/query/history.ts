// The expressions that were run in this browser, newest first.
import { createKeptStore } from '../lib/store';

/** How many are kept: enough to find yesterday's, small enough for localStorage. */
const MAX_KEPT = 200;

export const history = createKeptStore<readonly string[]>('argand.history', parse, JSON.stringify);

/** Puts an expression on top. */
export function remember(expr: string): void {
  const text = expr.trim();
  if (text === '') return;
  history.set([text, ...history.get().filter((old) => old !== text)].slice(0, MAX_KEPT));
}

function parse(text: string | null): readonly string[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(kept) ? kept.filter((item) => typeof item === 'string') : [];
  } catch {
    return [];
  }
}
