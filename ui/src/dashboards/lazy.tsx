// Dashboards are loaded with the first one that is opened.
import { useEffect, useState } from 'preact/hooks';
import { Notice, Waiting } from '../parts/notice';

type Pages = typeof import('./page');

/** The page, as soon as its code is there. */
export function LazyDashboards({ path, search }: { path: string; search: string }) {
  const [pages, setPages] = useState<Pages>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import('./page').then(setPages, () => setFailed(true));
  }, []);
  if (failed)
    return (
      <Notice tone="bad" title="The page could not be loaded.">
        Load it again; the server may have been updated meanwhile.
      </Notice>
    );
  return pages ? <pages.Dashboards path={path} search={search} /> : <Waiting what="dashboards" />;
}
