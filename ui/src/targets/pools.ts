// Targets by the job they were configured under.

/** The targets of one job. */
export interface Pool<T> {
  name: string;
  targets: T[];
}

/** Groups in alphabetical order. */
export function byPool<T>(targets: readonly T[], poolOf: (target: T) => string): Pool<T>[] {
  const pools = new Map<string, T[]>();
  for (const target of targets) {
    const name = poolOf(target);
    const list = pools.get(name);
    if (list) list.push(target);
    else pools.set(name, [target]);
  }
  return [...pools]
    .map(([name, list]) => ({ name, targets: list }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
