// What every part of one dashboard's page shares.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Zone } from '../lib/time';
import type { Mark } from './data/marks';
import type { Shade } from './field/colours';
import type { DashboardModel } from './model';
import type { Range, RawRange } from './time-range';
import type { AdhocFilter } from './variables/adhoc';
import type { Filling } from './variables/interpolate';

export interface Board {
  model: DashboardModel;
  range: Range;
  /** Counts the refreshes. */
  turn: number;
  filling: Filling;
  filters: readonly AdhocFilter[];
  marks: readonly Mark[];
  zone: Zone;
  shade: Shade;
  /** The query string of the page. */
  search: string;
  setRange: (range: RawRange) => void;
  /** Asks for everything anew. */
  refresh: () => void;
}

const Context = createContext<Board | null>(null);

/** Gives the board to everything inside. */
export const BoardProvider = Context.Provider;

/** The board of the page. */
export function useBoard(): Board {
  const board = useContext(Context);
  if (!board) throw new Error('a part of a dashboard stands outside of one');
  return board;
}
