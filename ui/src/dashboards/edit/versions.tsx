// Earlier versions of a dashboard: to look at, and to take back.
import { useState } from 'preact/hooks';
import { getDocument, putJson } from '../../api/client';
import { useAnswer } from '../../api/use-answer';
import { asApiError } from '../../api/use-polled';
import { download } from '../../lib/export';
import { formatBytes } from '../../lib/number';
import { Dialog } from '../../parts/dialog';
import { Moment } from '../../parts/moment';
import { Empty, Failure, Notice, Waiting } from '../../parts/notice';
import { useBoard } from '../board';
import type { DashboardVersion } from '../model';

/** The dialog. */
export function VersionsDialog({ onClose }: { onClose: () => void }) {
  const board = useBoard();
  const path = `dashboards/${encodeURIComponent(board.model.uid)}`;
  const answer = useAnswer<DashboardVersion[]>(`${path}/versions`);
  const [failed, setFailed] = useState<string | null>(null);
  const act = async (version: number, work: (document: unknown) => Promise<void> | void) => {
    try {
      await work(await getDocument(`${path}/versions/${version}`));
      setFailed(null);
    } catch (reason) {
      setFailed(asApiError(reason).message);
    }
  };
  const restore = (version: number) =>
    act(version, async (document) => {
      await putJson<unknown>(path, document);
      board.refresh();
      onClose();
    });
  return (
    <Dialog title="Versions" onClose={onClose}>
      {failed && <Notice tone="bad">{failed}</Notice>}
      {answer.error && <Failure error={answer.error} retry={answer.reload} />}
      {answer.loading && !answer.data && <Waiting what="the versions" />}
      {answer.data?.length === 0 && (
        <Empty title="Nothing was saved over yet.">
          <p>Each time this dashboard is saved, what it was before is kept here.</p>
        </Empty>
      )}
      {answer.data && answer.data.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Saved</th>
              <th scope="col" class="number">
                Size
              </th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {answer.data.map(({ version, written, size }) => (
              <tr key={version}>
                <td>{version}</td>
                <td>
                  <Moment ms={written} />
                </td>
                <td class="number">{formatBytes(size)}</td>
                <td class="row-actions">
                  <button
                    type="button"
                    class="link-button"
                    onClick={() =>
                      void act(version, (document) =>
                        download(
                          `${board.model.uid}-${version}.json`,
                          'application/json',
                          JSON.stringify(document, null, 2),
                        ),
                      )
                    }
                  >
                    JSON
                  </button>
                  <button type="button" class="link-button" onClick={() => void restore(version)}>
                    Take back
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}
