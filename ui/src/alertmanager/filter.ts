// Which alerts are shown: kept in the address as Alertmanager's own page has it.
import { formatMatchers, parseMatchers, type Matcher } from './matchers';

export interface AlertsFilter {
  /** Matchers as typed; sent as the API's filter where they can be read. */
  filter: string;
  receiver: string;
  active: boolean;
  silenced: boolean;
  inhibited: boolean;
  muted: boolean;
}

/** Reads the page's address. */
export function parseAlertsFilter(query: string): AlertsFilter {
  const params = new URLSearchParams(query);
  const flag = (name: string, otherwise: boolean) => {
    const text = params.get(name);
    return text === null ? otherwise : text === 'true';
  };
  return {
    filter: params.get('filter') ?? '',
    receiver: params.get('receiver') ?? '',
    active: flag('active', true),
    silenced: flag('silenced', false),
    inhibited: flag('inhibited', false),
    muted: flag('muted', false),
  };
}

/** Writes the page's address; what is as usual is left out. */
export function formatAlertsFilter(filter: AlertsFilter): string {
  const params = new URLSearchParams();
  if (filter.filter) params.set('filter', filter.filter);
  if (filter.receiver) params.set('receiver', filter.receiver);
  if (!filter.active) params.set('active', 'false');
  for (const name of ['silenced', 'inhibited', 'muted'] as const) {
    if (filter[name]) params.set(name, 'true');
  }
  return params.toString();
}

/** A receiver's name in the API's filter, which is an expression. */
export function exactly(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The filter's text with one more matcher; the same text where it has that one. */
export function withMatcher(text: string, matcher: Matcher): string {
  const known = parseMatchers(text) ?? [];
  const has = known.some((one) => formatMatchers([one]) === formatMatchers([matcher]));
  return formatMatchers(has ? known : [...known, matcher]);
}
