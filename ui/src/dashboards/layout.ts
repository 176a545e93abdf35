// Where panels stand: as documents say, without gaps between rows and without lying on each other.
import type { PanelModel } from './model';

/** Columns of the grid. */
const COLUMNS = 24;

/**
 * Moves panels up until they touch what is above them, and down from what they would cover. Documents count on both:
 * their places are those of the last time somebody moved a panel.
 */
export function settle<T extends { panel: PanelModel }>(placed: readonly T[]): T[] {
  // How far down each column is taken.
  const taken = new Array<number>(COLUMNS).fill(0);
  return placed
    .toSorted((a, b) => a.panel.place.y - b.panel.place.y || a.panel.place.x - b.panel.place.x)
    .map((one) => {
      const { x, w, h } = one.panel.place;
      const y = Math.max(0, ...taken.slice(x, x + w));
      taken.fill(y + h, x, x + w);
      return { ...one, panel: { ...one.panel, place: { x, y, w, h } } };
    });
}
