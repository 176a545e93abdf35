// What stands where Alertmanager's pages would, when nothing here routes alerts.
import type { ApiError } from '../api/client';
import { Empty, Failure } from '../parts/notice';

/** The reason: this server has no Alertmanager, or something failed. */
export function AbsentOrFailed({ error, retry }: { error: ApiError; retry: () => void }) {
  if (error.status !== 404) return <Failure error={error} retry={retry} />;
  return (
    <Empty title="No Alertmanager runs in this process.">
      <p>
        Start it with <code>--alertmanager.config.file=alertmanager.yml</code>: rules then hand
        their alerts to it directly, and silences and notifications are shown here.
      </p>
    </Empty>
  );
}
