// State of an entry of a long list that outlives its leaving the document: what was unfolded is
// unfolded still when it is scrolled back to.
import { createContext, type ComponentChildren } from 'preact';
import { useContext, useMemo, useState } from 'preact/hooks';

/** What the entries of a list, and of lists inside of them, have to keep. */
export interface Keeper {
  values: Map<string, unknown>;
  path: string;
}

const Around = createContext<Keeper | null>(null);

/** The keeper of a list: the one of the list around it, where there is one. */
export function useKeeper(): Keeper {
  const outer = useContext(Around);
  return useMemo(() => outer ?? { values: new Map<string, unknown>(), path: '' }, [outer]);
}

/** An entry; its name tells it from the others of its list. */
export function KeptBelow({ keeper, name, children }: { keeper: Keeper; name: string; children: ComponentChildren }) {
  const own = useMemo(() => ({ values: keeper.values, path: `${keeper.path}/${name}` }), [keeper, name]);
  return <Around.Provider value={own}>{children}</Around.Provider>;
}

/** As `useState`, and kept by the list around under this name. */
export function useKept<T>(name: string, initial: T): [T, (value: T) => void] {
  const around = useContext(Around);
  const key = `${around?.path ?? ''}/${name}`;
  const [value, setValue] = useState<T>(() => (around?.values.has(key) ? (around.values.get(key) as T) : initial));
  const set = (next: T) => {
    around?.values.set(key, next);
    setValue(() => next);
  };
  return [value, set];
}
