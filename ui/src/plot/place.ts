// Where a moment and a value are in a drawn plot.
import type { ComponentChildren } from 'preact';
import type uPlot from 'uplot';

/** Pixels within the plot's element; a value beyond the axis is put at its end. */
export interface Placed {
  left: number;
  top: number;
  beyond: boolean;
}

/** Tells the place of a moment (seconds) and a value. */
export type Place = (time: number, value: number) => Placed;

/** What lies over a plot and below it, at the places of what is drawn now; `width` is the plot's, pixels. */
export type Over = false | ((place: Place, width: number) => ComponentChildren);

/** The places of a plot as it is drawn now. */
export function placesOf(u: uPlot, scale: string): Place {
  const { offsetLeft, offsetTop, clientHeight } = u.over;
  return (time, value) => {
    const top = u.valToPos(value, scale);
    const inside = Math.max(0, Math.min(clientHeight, top));
    return { left: offsetLeft + u.valToPos(time, 'x'), top: offsetTop + inside, beyond: inside !== top };
  };
}
