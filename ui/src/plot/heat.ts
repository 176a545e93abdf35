// The cells of a heatmap: columns of time, rows of buckets or of values.

export interface Heat {
  /** Milliseconds, rising; each column reaches `stepMs` far. */
  times: number[];
  stepMs: number;
  /** From the lowest. */
  rows: string[];
  /** By row, then by column; NaN where nothing is. */
  cells: number[][];
  /** Of what is not zero. */
  least: number;
  most: number;
}

/** Columns and rows drawn at most. */
export const MAX_COLUMNS = 600;
export const MAX_ROWS = 120;

/** The cells with what their colours begin and end at; a step of 0 is the least gap between columns. */
export function toHeatmap(times: number[], stepMs: number, rows: string[], cells: number[][]): Heat {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const row of cells) {
    for (const value of row) {
      if (!Number.isFinite(value) || value === 0) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time));
  return {
    times,
    stepMs: stepMs || Math.min(...gaps, Number.POSITIVE_INFINITY),
    rows,
    cells,
    least: Number.isFinite(least) ? least : 0,
    most,
  };
}
