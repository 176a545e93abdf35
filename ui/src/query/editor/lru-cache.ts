// Stands in for the package `lru-cache`, of which the language package of PromQL uses this much: values that are
// forgotten after some time, and here also when there are too many.

/** One metric's labels, or one label's values, each. */
const MOST_KEYS = 1000;

/** Keeps values for `ttl` milliseconds. */
export class LRUCache<K, V> {
  readonly #kept = new Map<K, { value: V; until: number }>();
  readonly #ttl: number;

  constructor({ ttl }: { ttl: number }) {
    this.#ttl = ttl;
  }

  get(key: K): V | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#kept.delete(key);
    if (kept.until < Date.now()) return undefined;
    // A Map keeps its order: what was used last goes last.
    this.#kept.set(key, kept);
    return kept.value;
  }

  set(key: K, value: V): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: Date.now() + this.#ttl });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEYS) return;
      this.#kept.delete(oldest);
    }
  }
}
