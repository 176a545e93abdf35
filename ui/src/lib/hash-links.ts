// Links that notifications carry: Alertmanager's own pages live behind `#/`, ours have paths.

/** Where a fragment of Alertmanager's leads: a page's path and query string. */
export interface Moved {
  path: string;
  search: string;
}

const ID = /^[0-9a-f-]{8,64}$/i;

/** Translates `#/silences/new?filter=…` and its like; undefined for any other fragment. */
export function translateHash(hash: string): Moved | undefined {
  const found = /^#\/([^?]*)(?:\?(.*))?$/.exec(hash);
  if (!found) return undefined;
  const [place, search] = [found[1] ?? '', found[2] ?? ''];
  const [first, second] = place.split('/');
  switch (first) {
    case '':
    case 'alerts':
      return { path: 'notifications', search };
    case 'silences':
      if (second === undefined || second === '') return { path: 'silences', search };
      if (second === 'new') return { path: 'silence', search };
      if (ID.test(second)) return { path: 'silence', search: `id=${second}` };
      return { path: 'silences', search: '' };
    case 'status':
    case 'settings':
      return { path: 'status', search: '' };
    default:
      return undefined;
  }
}
