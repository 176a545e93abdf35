// Which targets are shown: kept in the address as pool, health (repeated) and search.
import type { ActiveTarget, HealthWord } from '../api/types';
import { textOfLabels } from '../lib/search';

export const HEALTHS: readonly HealthWord[] = ['up', 'down', 'unknown'];

export interface Filter {
  /** Empty: all. */
  pool: string;
  /** Empty: all. */
  health: readonly HealthWord[];
  search: string;
  /** Whether the targets that relabelling dropped are shown instead. */
  dropped: boolean;
}

/** Reads an address's query string. */
export function parseFilter(query: string): Filter {
  const params = new URLSearchParams(query);
  const words = params.getAll('health').flatMap((text) => text.toLowerCase().split(','));
  return {
    pool: params.get('pool') ?? params.get('scrapePool') ?? '',
    health: HEALTHS.filter((health) => words.includes(health)),
    search: params.get('search') ?? '',
    dropped: params.get('state') === 'dropped',
  };
}

/** Writes an address's query string. */
export function formatFilter(filter: Filter): string {
  const params = new URLSearchParams();
  if (filter.pool) params.set('pool', filter.pool);
  for (const health of filter.health) params.append('health', health);
  if (filter.search) params.set('search', filter.search);
  if (filter.dropped) params.set('state', 'dropped');
  return params.toString();
}

/** All that the search looks through in a target. */
export function textOf(target: ActiveTarget): string {
  return [target.scrapeUrl, target.lastError, textOfLabels(target.labels)].join(' ');
}
