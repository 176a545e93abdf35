// Reading the options of transformations, which documents write as they like.

export type Options = Readonly<Record<string, unknown>>;

/** A part with parts of its own; empty where it is none. */
export function record(value: unknown): Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Options) : {};
}

/** A list; empty where it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, or another one. */
export function text(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : otherwise;
}

/** A number, or another one. */
export function number(value: unknown, otherwise: number): number {
  const read = typeof value === 'string' ? Number(value) : value;
  return typeof read === 'number' && !Number.isNaN(read) ? read : otherwise;
}
