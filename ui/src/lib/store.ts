// A value that several components share, kept in localStorage where that works.
import { useEffect, useState } from 'preact/hooks';

/** A shared value and whoever listens to it. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** A store that lives as long as the page. */
export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A store that outlives the page; `parse` turns what was kept, or null, into a valid value. */
export function createKeptStore<T>(
  key: string,
  parse: (text: string | null) => T,
  print: (value: T) => string,
): Store<T> {
  const store = createStore(parse(readKept(key)));
  store.subscribe(() => writeKept(key, print(store.get())));
  return store;
}

/** The store's value, following its changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState<T>(() => store.get());
  useEffect(() => {
    const follow = () => setValue(() => store.get());
    follow();
    return store.subscribe(follow);
  }, [store]);
  return value;
}

// Storage may be forbidden or full; the pages then forget, and go on.
function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function writeKept(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Nothing depends on it being kept.
  }
}
