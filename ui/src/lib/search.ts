// What a search field means.

/** Whether every word of the search is somewhere in the text; an empty search fits all. */
export function matches(text: string, search: string): boolean {
  const haystack = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

/** Labels as a text to search through. */
export function textOfLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ');
}
