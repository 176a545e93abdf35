// What of a dashboard lives in the address: from, to, refresh, var-*, viewPanel, kiosk.
import type { DashboardModel } from './model';
import type { RawRange } from './time-range';

export interface DashboardAddress {
  /** Null where the document's own span holds. */
  range: RawRange | null;
  /** As `30s`; null where the document's own holds, empty for none. */
  refresh: string | null;
  /** Chosen values by variable. */
  variables: ReadonlyMap<string, readonly string[]>;
  /** The panel that fills the page. */
  viewPanel: string | null;
  kiosk: boolean;
}

/** Reads the query string of `/d/{uid}`. */
export function parseAddress(search: string): DashboardAddress {
  const params = new URLSearchParams(search);
  const variables = new Map<string, string[]>();
  for (const [key, value] of params) {
    if (!key.startsWith('var-')) continue;
    const name = key.slice(4);
    variables.set(name, [...(variables.get(name) ?? []), readValue(value)]);
  }
  const [from, to] = [params.get('from'), params.get('to')];
  const panel = params.get('viewPanel') ?? params.get('panelId');
  return {
    range: from || to ? { from: from ?? 'now-6h', to: to ?? 'now' } : null,
    refresh: params.get('refresh'),
    variables,
    viewPanel: panel ? panel.replace(/^panel-/, '') : null,
    kiosk: params.has('kiosk'),
  };
}

/** Grafana's own words for all values, and for the step that follows the span. */
function readValue(text: string): string {
  if (text === 'All') return '$__all';
  return text.startsWith('$__auto_interval') ? 'auto' : text;
}

/** Changes parts of a query string and leaves what others wrote there. */
export function changeSearch(
  search: string,
  change: Readonly<Record<string, string | readonly string[] | null>>,
): string {
  const params = new URLSearchParams(search);
  for (const [key, value] of Object.entries(change)) {
    params.delete(key);
    if (value === null) continue;
    if (typeof value === 'string') params.set(key, value);
    else if (value.length === 0) params.set(key, '');
    else for (const part of value) params.append(key, part);
  }
  // `kiosk` reads better without its equals sign.
  return params.toString().replace(/(^|&)kiosk=(?=&|$)/, '$1kiosk');
}

/** `d/{uid}/{slug}` from a path below the prefix. */
export function parsePath(path: string): { uid: string } | null {
  const [first, uid] = path.split('/');
  if (first !== 'd' || !uid) return null;
  try {
    return { uid: decodeURIComponent(uid) };
  } catch {
    return { uid };
  }
}

/** The path of a dashboard's page, with its title to be read. */
export function pathOf({ uid, title }: Pick<DashboardModel, 'uid' | 'title'>): string {
  const slug = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  const path = `d/${encodeURIComponent(uid)}`;
  return slug === '' ? path : `${path}/${encodeURIComponent(slug)}`;
}
