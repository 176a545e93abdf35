// A range answer as columns over one time axis, which is what a plot draws.
import type { MatrixSeries } from '../../api/types';

/** A value, or null where the series has none. */
export type Column = (number | null)[];

export interface Aligned {
  /** Seconds. */
  times: number[];
  columns: Column[];
}

/** More points than the server allows in a range, so never reached: a guard against a bad step. */
const MAX_POINTS = 20_000;

/** Puts every sample on the grid `startS, startS + stepS, … endS`. */
export function align(series: readonly MatrixSeries[], startS: number, endS: number, stepS: number): Aligned {
  const points = Math.min(MAX_POINTS, Math.floor((endS - startS) / stepS + 1e-6) + 1);
  const times = Array.from({ length: points }, (_, i) => startS + i * stepS);
  const columns = series.map(({ values }) => {
    const column: Column = new Array<number | null>(points).fill(null);
    for (const [time, text] of values ?? []) {
      const value = parseValue(text);
      // Infinity and NaN cannot be drawn; the table shows them.
      if (Number.isFinite(value)) column[Math.round((time - startS) / stepS)] = value;
    }
    return column;
  });
  return { times, columns };
}

/** Adds each column to those below it; a gap counts as nothing. */
export function stack(columns: readonly Column[]): Column[] {
  const sums: number[] = [];
  return columns.map((column) =>
    column.map((value, i) => {
      const sum = (sums[i] ?? 0) + (value ?? 0);
      sums[i] = sum;
      return value === null ? null : sum;
    }),
  );
}

function parseValue(text: string): number {
  return text.endsWith('Inf') ? Number.NaN : Number(text);
}
