// Keys that these pages listen to: single ones, and pairs one after the other, as Grafana's users know.
import { useEffect, useRef } from 'preact/hooks';

/** By keys, as `d k`; what a key does, and whether it was meant. */
export type KeyMap = Readonly<Record<string, () => void>>;

/** Time in which the second key of a pair must follow, milliseconds. */
const PAIR_MS = 900;

/** Listens while mounted. */
export function useKeys(keys: KeyMap): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let before = { key: '', at: 0 };
    const press = (event: KeyboardEvent) => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        document.querySelector('dialog[open]')
      )
        return;
      const pair = event.timeStamp - before.at < PAIR_MS ? `${before.key} ${event.key}` : '';
      before = { key: event.key, at: event.timeStamp };
      const run = latest.current[pair] ?? latest.current[event.key];
      if (!run) return;
      event.preventDefault();
      before = { key: '', at: 0 };
      run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** What the help shows. */
export const KEY_HELP: readonly (readonly [keys: string, what: string])[] = [
  ['?', 'This help'],
  ['Ctrl K', 'Go to a dashboard, a page, a metric or an alert'],
  ['d k', 'Only the panels, and back'],
  ['d r', 'Refresh'],
  ['v', 'View the panel below the mouse alone'],
  ['Esc', 'Back from one panel, or from only the panels'],
  ['t ←, t →', 'Earlier, later'],
  ['t z', 'Twice the time'],
  ['Tab ← →', 'Through the exemplars of a graph, or its points with links, which Enter opens'],
];
