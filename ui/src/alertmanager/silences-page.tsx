// The silences page: what keeps alerts quiet now, will, or did.
import { useMemo } from 'preact/hooks';
import type { Silence, SilenceState } from '../api/alertmanager';
import { useAlertmanager } from '../api/use-alertmanager';
import { go } from '../lib/router';
import { matches } from '../lib/search';
import { FilterButtons } from '../parts/filter-buttons';
import { Icon } from '../parts/icon';
import { followLink, href } from '../lib/router';
import { Empty, Waiting } from '../parts/notice';
import { SearchBox } from '../parts/search-box';
import { AbsentOrFailed } from './absent';
import { formatMatchers, fromApi } from './matchers';
import { SilenceList } from './silence-list';
import { SilenceStateMark } from './silence-state';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 15_000;

const STATES: readonly SilenceState[] = ['active', 'pending', 'expired'];

interface Filter {
  state: readonly SilenceState[];
  search: string;
}

/** The page; `search` is the address's query string. */
export function SilencesPage({ search }: { search: string }) {
  const answer = useAlertmanager<Silence[]>('silences', {}, EVERY_MS);
  const filter = useMemo(() => parse(search), [search]);
  const change = (part: Partial<Filter>, replace = false) =>
    go('silences', format({ ...filter, ...part }), replace);
  const all = useMemo(() => answer.data ?? [], [answer.data]);
  const shown = useMemo(() => select(all, filter), [all, filter]);

  return (
    <div class="page">
      <h1 class="hidden">Silences</h1>
      <div class="toolbar">
        <FilterButtons<SilenceState>
          name="State"
          options={STATES}
          chosen={filter.state}
          counts={count(all)}
          draw={(state) => <SilenceStateMark state={state} />}
          onChange={(state) => change({ state })}
        />
        <SearchBox
          label="Search matchers, creators, comments"
          value={filter.search}
          onChange={(text) => change({ search: text }, true)}
        />
        <a class="button button-main" href={href('silence')} onClick={(event) => followLink(event, 'silence')}>
          <Icon name="plus" /> New silence
        </a>
      </div>
      {answer.error && <AbsentOrFailed error={answer.error} retry={answer.reload} />}
      {!answer.data && answer.loading && <Waiting what="the silences" />}
      {answer.data && !answer.error && shown.length === 0 && (
        <Empty title={all.length === 0 ? 'Nothing is silenced.' : 'No silence passes the filter.'}>
          <p>Alerts can be silenced from the alerts and notifications pages, too.</p>
        </Empty>
      )}
      {shown.length > 0 && <SilenceList silences={shown} onChanged={answer.reload} />}
    </div>
  );
}

/** Without a state in the address, what has ended stays out of sight. */
function parse(query: string): Filter {
  const params = new URLSearchParams(query);
  const words = params.getAll('state');
  const state = words.length > 0 ? STATES.filter((one) => words.includes(one)) : (['active', 'pending'] as const);
  return { state, search: params.get('search') ?? params.get('filter') ?? '' };
}

function format({ state, search }: Filter): string {
  const params = new URLSearchParams();
  const usual = state.length === 2 && !state.includes('expired');
  if (!usual) for (const one of state) params.append('state', one);
  if (search) params.set('search', search);
  return params.toString();
}

function select(all: readonly Silence[], { state, search }: Filter): Silence[] {
  const found = all.filter((silence) => {
    if (state.length > 0 && !state.includes(silence.status.state)) return false;
    const text = [formatMatchers(silence.matchers.map(fromApi)), silence.createdBy, silence.comment, silence.id];
    return matches(text.join(' '), search.trim());
  });
  const ended = (silence: Silence) => silence.status.state === 'expired';
  return found.sort((a, b) =>
    ended(a) === ended(b)
      ? (ended(a) ? -1 : 1) * (Date.parse(a.endsAt) - Date.parse(b.endsAt))
      : Number(ended(a)) - Number(ended(b)),
  );
}

function count(all: readonly Silence[]): Record<SilenceState, number> {
  const counts: Record<SilenceState, number> = { active: 0, pending: 0, expired: 0 };
  for (const { status } of all) counts[status.state] += 1;
  return counts;
}
