// Label sets as text.

/** Label names and values; `__name__` holds the metric's name. */
export type Labels = Readonly<Record<string, string>>;

const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Quotes as PromQL does. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** The pairs without the name, sorted by label. */
export function sortedPairs(labels: Labels): [string, string][] {
  return Object.entries(labels)
    .filter(([name]) => name !== '__name__')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The series as a selector that can be pasted into a query. */
export function formatSeries(labels: Labels): string {
  const name = labels['__name__'] ?? '';
  const pairs = sortedPairs(labels).map(
    ([key, value]) => `${PLAIN_NAME.test(key) ? key : quote(key)}=${quote(value)}`,
  );
  const plain = name === '' || PLAIN_NAME.test(name);
  if (!plain) return `{${[quote(name), ...pairs].join(', ')}}`;
  return pairs.length > 0 || name === '' ? `${name}{${pairs.join(', ')}}` : name;
}
