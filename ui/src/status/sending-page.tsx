// The sending page: what waits for other servers, how it goes, and what went wrong.
import { useOwnMetrics } from '../api/own-metrics';
import { formatCount, formatShort } from '../lib/number';
import { formatElapsed } from '../lib/duration';
import type { Sample } from '../lib/exposition';
import { Empty } from '../parts/notice';
import { PageFrame } from './page-frame';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 5_000;

const REMOTE = 'prometheus_remote_storage_';
const NOTIFY = 'prometheus_notifications_';

/** The page. */
export function SendingPage() {
  const answer = useOwnMetrics([REMOTE, NOTIFY], EVERY_MS);
  return (
    <PageFrame title="Sending" lead="What this server sends to others: samples by remote write, alerts to Alertmanagers." answer={answer}>
      {(samples) => (
        <>
          <RemoteWrite samples={samples} />
          <Alertmanagers samples={samples} />
        </>
      )}
    </PageFrame>
  );
}

function RemoteWrite({ samples }: { samples: Sample[] }) {
  const queues = keys(samples.filter(({ name }) => name === `${REMOTE}shards`), ['remote_name', 'url']);
  const newest = value(samples, `${REMOTE}highest_timestamp_in_seconds`, {});
  return (
    <section class="card sending">
      <h2>Remote write</h2>
      {queues.length === 0 ? (
        <Empty title="Nothing is written to other servers.">
          <p>A section <code>remote_write</code> of the configuration names them.</p>
        </Empty>
      ) : (
        <div class="table-scroll">
          <table class="table table-stack">
            <thead>
              <tr>
                <th scope="col">Destination</th>
                <th scope="col" class="number">Behind</th>
                <th scope="col" class="number">Waiting</th>
                <th scope="col" class="number">Sent</th>
                <th scope="col" class="number">Sent again</th>
                <th scope="col" class="number">Refused</th>
                <th scope="col" class="number">Dropped</th>
                <th scope="col" class="number">Shards</th>
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => {
                const of = (name: string) => value(samples, REMOTE + name, queue);
                const sent = of('queue_highest_sent_timestamp_seconds');
                const failed = of('samples_failed_total');
                const dropped = of('samples_dropped_total');
                return (
                  <tr key={queue.url}>
                    <td>
                      <strong>{queue.remote_name}</strong>
                      <div class="soft sending-url">{queue.url}</div>
                    </td>
                    <td class="number" data-label="Behind">{sent > 0 && newest > 0 ? formatElapsed(1000 * Math.max(0, newest - sent)) : 'not begun'}</td>
                    <td class="number" data-label="Waiting">{formatShort(of('samples_pending'))}</td>
                    <td class="number" data-label="Sent">{formatShort(of('samples_total'))}</td>
                    <td class="number" data-label="Sent again">{formatShort(of('samples_retried_total'))}</td>
                    <td class={`number ${failed > 0 ? 'bad' : ''}`} data-label="Refused">{formatShort(failed)}</td>
                    <td class={`number ${dropped > 0 ? 'bad' : ''}`} data-label="Dropped">{formatShort(dropped)}</td>
                    <td class="number" data-label="Shards">
                      {formatCount(of('shards'))} <span class="soft">of {formatCount(of('shards_max'))}</span>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Alertmanagers({ samples }: { samples: Sample[] }) {
  const all = keys(samples.filter(({ name }) => name === `${NOTIFY}sent_total`), ['alertmanager']);
  return (
    <section class="card sending">
      <h2>Alerts to Alertmanagers</h2>
      {all.length === 0 ? (
        <Empty title="No alert was sent to another process." />
      ) : (
        <div class="table-scroll">
          <table class="table table-stack">
            <thead>
              <tr>
                <th scope="col">Alertmanager</th>
                <th scope="col" class="number">Waiting</th>
                <th scope="col" class="number">Sent</th>
                <th scope="col" class="number">Failed</th>
                <th scope="col" class="number">Dropped</th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => {
                const of = (name: string) => value(samples, NOTIFY + name, one);
                return (
                  <tr key={one.alertmanager}>
                    <td class="sending-url">{one.alertmanager}</td>
                    <td class="number" data-label="Waiting">{formatCount(of('queue_length'))}</td>
                    <td class="number" data-label="Sent">{formatCount(of('sent_total'))}</td>
                    <td class={`number ${of('errors_total') > 0 ? 'bad' : ''}`} data-label="Failed">{formatCount(of('errors_total'))}</td>
                    <td class={`number ${of('dropped_total') > 0 ? 'bad' : ''}`} data-label="Dropped">{formatCount(of('dropped_total'))}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** The sets of these labels that samples have, each once. */
function keys<T extends string>(samples: readonly Sample[], names: readonly T[]): Record<T, string>[] {
  const found = new Map<string, Record<T, string>>();
  for (const { labels } of samples) {
    const key = Object.fromEntries(names.map((name) => [name, labels[name] ?? ''])) as Record<T, string>;
    found.set(JSON.stringify(key), key);
  }
  return [...found.values()];
}

/** The sum of a metric's samples that have these labels, or do not know them. */
function value(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>>): number {
  const fits = (sample: Sample) =>
    sample.name === name &&
    Object.entries(labels).every(([label, is]) => (sample.labels[label] ?? is) === is);
  return samples.filter(fits).reduce((sum, sample) => sum + sample.value, 0);
}
