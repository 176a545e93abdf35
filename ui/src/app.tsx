// The frame: header, banner, and the page that the address names.
import { useEffect } from 'preact/hooks';
import { ClusterPage } from './alertmanager/cluster-page';
import { HistoryPage } from './alertmanager/history-page';
import { NotificationsPage } from './alertmanager/notifications-page';
import { RoutingPage } from './alertmanager/routing-page';
import { SilencePage } from './alertmanager/silence-page';
import { SilencesPage } from './alertmanager/silences-page';
import { LazyDashboards } from './dashboards/lazy';
import { DiscoveryPage } from './discovery/page';
import { translateHash } from './lib/hash-links';
import { go, usePlace } from './lib/router';
import { pageOf } from './pages';
import { Banner } from './parts/banner';
import { Header } from './parts/header';
import { Link } from './parts/link';
import { Empty } from './parts/notice';
import { Palette } from './parts/palette';
import { PushPage } from './push/page';
import { QueryPage } from './query/page';
import { AlertsPage } from './rules/alerts-page';
import { RulesPage } from './rules/rules-page';
import { CardinalityPage } from './status/cardinality-page';
import { ConfigPage } from './status/config-page';
import { FlagsPage } from './status/flags-page';
import { SendingPage } from './status/sending-page';
import { StatusPage } from './status/status-page';
import { StoragePage } from './status/storage-page';
import { TargetsPage } from './targets/page';

/** Addresses that mean another page: the root, and older names. */
const MOVED: Readonly<Record<string, string>> = {
  '': 'query',
  graph: 'query',
  alertmanager: 'notifications',
  d: 'dashboards',
};

/** The whole application. */
export function App() {
  const { path, search } = usePlace();
  useHashLinks();
  const moved = MOVED[path];
  useEffect(() => {
    if (moved && !translateHash(location.hash)) go(moved, search, true);
  }, [moved, search]);
  const page = pageOf(path);
  useEffect(() => {
    // A dashboard gives its own title.
    if (page?.path === 'd') return;
    document.title = page ? `${page.title} · Argand` : 'Argand';
  }, [page]);

  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the page</a>
      <Header path={path} />
      <Banner />
      <main id="main" class="main" tabIndex={-1}>
        {!moved && <Shown path={path} search={search} />}
      </main>
      <Palette />
    </>
  );
}

/** Below a `<base>`, a link to a fragment would leave the page. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** Follows the links of notifications, when the page opens and while it is open. */
function useHashLinks(): void {
  useEffect(() => {
    const follow = () => {
      const moved = translateHash(location.hash);
      if (moved) go(moved.path, moved.search, true);
    };
    follow();
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
}

function Shown({ path, search }: { path: string; search: string }) {
  switch (pageOf(path)?.path) {
    case 'dashboards':
    case 'd':
      return <LazyDashboards path={path} search={search} />;
    case 'query':
      return <QueryPage search={search} />;
    case 'alerts':
      return <AlertsPage search={search} />;
    case 'rules':
      return <RulesPage search={search} />;
    case 'notifications':
      return <NotificationsPage search={search} />;
    case 'silences':
      return <SilencesPage search={search} />;
    case 'alert-history':
      return <HistoryPage search={search} />;
    case 'silence':
      return <SilencePage key={search} search={search} />;
    case 'routing':
      return <RoutingPage search={search} />;
    case 'cluster':
      return <ClusterPage />;
    case 'targets':
      return <TargetsPage search={search} />;
    case 'service-discovery':
      return <DiscoveryPage search={search} />;
    case 'tsdb-status':
      return <StoragePage />;
    case 'pushgateway':
      return <PushPage search={search} />;
    case 'cardinality':
      return <CardinalityPage search={search} />;
    case 'sending':
      return <SendingPage />;
    case 'status':
      return <StatusPage />;
    case 'flags':
      return <FlagsPage />;
    case 'config':
      return <ConfigPage />;
    default:
      return (
        <Empty title="There is no such page.">
          <p>
            Go to the <Link path="query">query page</Link>, or choose one above.
          </p>
        </Empty>
      );
  }
}
