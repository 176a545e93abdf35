// The moment that is pointed at, shared by all graphs of a page.
import { createStore } from '../../lib/store';

export interface Crosshair {
  /** Seconds. */
  time: number;
  /** The graph that the mouse is over. */
  source: object;
}

export const crosshair = createStore<Crosshair | null>(null);
