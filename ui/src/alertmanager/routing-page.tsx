// The routing page: the tree of routes with what lives in it, and where the labels of an alert lead.
import { useMemo } from 'preact/hooks';
import { get } from '../api/client';
import { usePolled } from '../api/use-polled';
import { formatCount } from '../lib/number';
import { go } from '../lib/router';
import { Icon } from '../parts/icon';
import { Link } from '../parts/link';
import { Waiting } from '../parts/notice';
import { AbsentOrFailed } from './absent';
import { MatcherBox } from './matcher-box';
import { formatMatcher, parseMatchers } from './matchers';

/** Time between two looks at the tree, in milliseconds. */
const EVERY_MS = 15_000;

type Reach = 'receives' | 'passes' | 'fails' | 'unasked';

interface Route {
  depth: number;
  receiver: string;
  matchers: { text: string; fits?: boolean }[];
  groupBy: string[];
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  continue: boolean;
  muteTimeIntervals: string[];
  activeTimeIntervals: string[];
  quiet: string[];
  groups: number;
  alerts: number;
  reach?: Reach;
}

/** The page; `search` is the address's query string. */
export function RoutingPage({ search }: { search: string }) {
  const typed = useMemo(() => new URLSearchParams(search).get('labels') ?? '', [search]);
  const labels = useMemo(() => asked(typed), [typed]);
  const query = new URLSearchParams((labels ?? []).map((text) => ['label[]', text])).toString();
  const answer = usePolled(
    query,
    async (signal) => (await get<Route[]>(`alerting/routes${query ? `?${query}` : ''}`, {}, signal)).data,
    EVERY_MS,
  );
  const receivers = [...new Set(answer.data?.filter(({ reach }) => reach === 'receives').map(({ receiver }) => receiver))];
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Routing</h1>
          <p class="soft">Who is told of which alerts. Type the labels of an alert to see where it leads.</p>
        </div>
      </div>
      <div class="toolbar">
        <MatcherBox
          label={'Labels of an alert, as severity="critical", team="db"'}
          value={typed}
          onChange={(text) => go('routing', text ? new URLSearchParams({ labels: text }).toString() : '')}
        />
      </div>
      <p class="routing-told" role="status">
        {typed !== '' && labels === undefined && 'Labels are names and values, as severity="critical".'}
        {receivers.length > 0 && <>Tells <strong>{receivers.join(', ')}</strong></>}
      </p>
      {answer.error && <AbsentOrFailed error={answer.error} retry={answer.reload} />}
      {answer.data === undefined ? !answer.error && <Waiting what="the routes" /> : <Tree routes={answer.data} />}
    </div>
  );
}

/** Labels as the API takes them; undefined where the text is none. */
function asked(text: string): string[] | undefined {
  const matchers = parseMatchers(text);
  const are = matchers?.every(({ operator }) => operator === '=');
  return are ? matchers?.map(formatMatcher) : undefined;
}

function Tree({ routes }: { routes: Route[] }) {
  return (
    <ol class="routes">
      {routes.map((route, place) => (
        <li
          key={place}
          class={`card route ${route.reach ? `route-${route.reach}` : ''}`}
          style={{ '--depth': route.depth }}
        >
          <div class="route-head">
            <span class="hidden">Level {route.depth + 1}</span>
            <strong class="route-receiver">{route.receiver}</strong>
            {route.matchers.length === 0 && <span class="soft">everything</span>}
            {route.matchers.map(({ text, fits }) => (
              <code key={text} class={`route-matcher ${fits === undefined ? '' : fits ? 'fits' : 'fails'}`}>
                {fits !== undefined && <Icon name={fits ? 'check' : 'cross'} />}
                {text}
                {fits !== undefined && <span class="hidden">{fits ? 'fits' : 'does not fit'}</span>}
              </code>
            ))}
            {route.continue && <span class="tag">continue</span>}
            {route.reach && <Outcome reach={route.reach} />}
          </div>
          <dl class="route-facts">
            <Fact name="Grouped by" value={route.groupBy.join(', ') || 'nothing'} />
            <Fact name="Waits" value={route.groupWait} />
            <Fact name="Then every" value={route.groupInterval} />
            <Fact name="Repeats" value={route.repeatInterval} />
            {route.muteTimeIntervals.length > 0 && <Fact name="Quiet in" value={route.muteTimeIntervals.join(', ')} />}
            {route.activeTimeIntervals.length > 0 && <Fact name="Only in" value={route.activeTimeIntervals.join(', ')} />}
          </dl>
          <div class="route-life">
            {route.groups > 0 && (
              <Link path="notifications" search={new URLSearchParams({ receiver: route.receiver }).toString()}>
                {formatCount(route.alerts)} {route.alerts === 1 ? 'alert' : 'alerts'} in{' '}
                {formatCount(route.groups)} {route.groups === 1 ? 'group' : 'groups'}
              </Link>
            )}
            {route.quiet.length > 0 && (
              <span class="mark mark-past"><Icon name="silence" /> Quiet now: {route.quiet.join(', ')}</span>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Outcome({ reach }: { reach: Reach }) {
  switch (reach) {
    case 'receives':
      return <span class="mark mark-up route-outcome"><Icon name="bell" /> Is told</span>;
    case 'passes':
      return <span class="mark mark-past route-outcome">Passes on</span>;
    case 'fails':
      return <span class="mark mark-past route-outcome">Does not fit</span>;
    default:
      return <span class="mark mark-past route-outcome">Not asked</span>;
  }
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
