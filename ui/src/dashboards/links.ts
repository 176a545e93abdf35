// Links of documents: only to places a browser may go to, and to our own pages where they mean these.
import { PREFIX } from '../lib/prefix';
import { pageOf } from '../pages';
import type { DashboardLink } from './model';
import { interpolate, type Filling, type Scope } from './variables/interpolate';
import { formatChosen } from './variables/format';

/** A link that can be followed. */
export interface SafeLink {
  title: string;
  href: string;
  newTab: boolean;
}

/** The address, or null where following it could run something. */
export function safeHref(url: string): string | null {
  const trimmed = url.trim();
  if (trimmed === '') return null;
  if (/^(https?:|mailto:)/i.test(trimmed)) return trimmed;
  // Any other scheme, and addresses that only look relative.
  if (/^[a-z][a-z0-9+.-]*:/i.test(trimmed) || /^[\\/]{2}/.test(trimmed) || /[\u0000-\u001f]/.test(trimmed)) return null;
  if (/^[?#]/.test(trimmed)) return location.pathname + trimmed;
  // Documents were written for a Grafana at the root of its host: its pages are ours.
  const own = /^\/?(d\/|dashboards|alerts|query)/.test(trimmed);
  return own || !trimmed.startsWith('/') ? PREFIX + trimmed.replace(/^\//, '') : trimmed;
}

/** A link to one of our own pages, as the router has it; null for any other. */
export function ownPlace(url: string): { path: string; search: string } | null {
  if (!url.startsWith(PREFIX)) return null;
  const [path = '', search = ''] = url.slice(PREFIX.length).split('?');
  return pageOf(path) ? { path, search } : null;
}

/** A link of a dashboard or a panel with its variables filled in. */
export function fillLink(link: DashboardLink, filling: Filling): SafeLink | null {
  const url = safeHref(interpolate(link.url, filling, 'percentencode'));
  if (url === null) return null;
  return {
    title: interpolate(link.title, filling, 'text') || url,
    href: withState(url, link, filling),
    newTab: link.newTab,
  };
}

/** The address with the time and the variables of this page, where the link asks for them. */
export function withState(
  url: string,
  link: Pick<DashboardLink, 'keepTime' | 'includeVariables'>,
  filling: Filling,
): string {
  const parts: string[] = [];
  if (link.keepTime) parts.push(`from=${filling.range.fromMs}&to=${filling.range.toMs}`);
  if (link.includeVariables) {
    for (const chosen of filling.variables.values()) parts.push(formatChosen(chosen, 'queryparam'));
  }
  const added = parts.filter((part) => part !== '').join('&');
  return added === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${added}`;
}

/** Links of a field, for one of its values. */
export function fillDataLinks(
  links: readonly { title: string; url: string; newTab: boolean }[] | undefined,
  filling: Filling,
  scope: Scope,
): SafeLink[] {
  return (links ?? []).flatMap(({ title, url, newTab }) => {
    const href = safeHref(interpolate(url, filling, 'percentencode', scope));
    return href ? [{ title: interpolate(title, filling, 'text', scope) || href, href, newTab }] : [];
  });
}
