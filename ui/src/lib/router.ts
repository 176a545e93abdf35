// Which page is shown: the browser's address is the only state.
import { useEffect, useState } from 'preact/hooks';
import { PREFIX } from './prefix';

/** The part of the address that routes read. */
export interface Place {
  /** Path below the prefix, without slashes at its ends: `query`. */
  path: string;
  /** The query string without its question mark. */
  search: string;
}

const listeners = new Set<() => void>();
window.addEventListener('popstate', () => announce());

function announce(): void {
  for (const listener of listeners) listener();
}

/** The place that is shown now. */
export function place(): Place {
  const path = location.pathname.startsWith(PREFIX)
    ? location.pathname.slice(PREFIX.length)
    : location.pathname.slice(1);
  return { path: path.replace(/\/+$/, ''), search: location.search.slice(1) };
}

/** The place, following every change of it. */
export function usePlace(): Place {
  const [now, setNow] = useState(place);
  useEffect(() => {
    const follow = () => setNow(place());
    listeners.add(follow);
    return () => {
      listeners.delete(follow);
    };
  }, []);
  return now;
}

/** The address of a path below the prefix. */
export function href(path: string, search = ''): string {
  return PREFIX + path + (search ? `?${search}` : '');
}

/** Goes to a page; `replace` leaves no step in the browser's history. */
export function go(path: string, search = '', replace = false): void {
  const target = href(path, search);
  if (target === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  announce();
}

/** Follows a click on a link inside the pages; clicks with modifier keys stay the browser's. */
export function followLink(event: MouseEvent, path: string, search = ''): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(path, search);
  window.scrollTo(0, 0);
}
