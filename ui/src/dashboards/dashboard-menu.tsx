// What can be done with a whole dashboard.
import { useState } from 'preact/hooks';
import { getDocument } from '../api/client';
import { download } from '../lib/export';
import { useBoard } from './board';
import { lazyPart } from '../parts/lazy-part';
import { Popover } from './parts';

const Versions = lazyPart(() => import('./edit/versions').then(({ VersionsDialog }) => VersionsDialog));

/** The menu. */
export function DashboardMenu({ onHelp, onKiosk }: { onHelp: () => void; onKiosk: () => void }) {
  const { model } = useBoard();
  const [versions, setVersions] = useState(false);
  const save = async () => {
    const document = await getDocument(`dashboards/${encodeURIComponent(model.uid)}/source`);
    download(`${model.uid}.json`, 'application/json', JSON.stringify(document, null, 2));
  };
  return (
    <>
      <Popover label="Menu of the dashboard" title="Menu" icon="more" align="right">
        {(close) => {
          const item = (text: string, run: () => void) => (
            <li key={text}>
              <button
                type="button"
                class="menu-item"
                onClick={() => {
                  close();
                  run();
                }}
              >
                {text}
              </button>
            </li>
          );
          return (
            <ul>
              {item('Only the panels', onKiosk)}
              {item('Save as JSON', () => void save())}
              {item('Versions', () => setVersions(true))}
              {item('Keys', onHelp)}
            </ul>
          );
        }}
      </Popover>
      {versions && <Versions onClose={() => setVersions(false)} />}
    </>
  );
}
