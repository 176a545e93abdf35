// The frame: header, banner, and the page that the address names.
import { useEffect } from 'preact/hooks';
import { go, usePlace } from './lib/router';
import { PAGES } from './pages';
import { Banner } from './parts/banner';
import { Header } from './parts/header';
import { Link } from './parts/link';
import { Empty } from './parts/notice';
import { QueryPage } from './query/page';
import { ConfigPage } from './status/config-page';
import { FlagsPage } from './status/flags-page';
import { StatusPage } from './status/status-page';
import { StoragePage } from './status/storage-page';
import { TargetsPage } from './targets/page';

/** Addresses that mean another page: the root, and the query page's older name. */
const MOVED: Readonly<Record<string, string>> = { '': 'query', graph: 'query' };

/** The whole application. */
export function App() {
  const { path, search } = usePlace();
  const moved = MOVED[path];
  useEffect(() => {
    if (moved) go(moved, search, true);
  }, [moved, search]);
  const page = PAGES.find((known) => known.path === path);
  useEffect(() => {
    document.title = page ? `${page.title} · Argand` : 'Argand';
  }, [page]);

  return (
    <>
      <a class="skip" href="#main">Skip to the page</a>
      <Header path={path} />
      <Banner />
      <main id="main" class="main" tabIndex={-1}>
        {!moved && <Shown path={path} search={search} />}
      </main>
    </>
  );
}

function Shown({ path, search }: { path: string; search: string }) {
  switch (path) {
    case 'query':
      return <QueryPage search={search} />;
    case 'targets':
      return <TargetsPage search={search} />;
    case 'tsdb-status':
      return <StoragePage />;
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
