// The cluster page: the nodes that tell once together, and how they hear of each other.
import { useAlertmanager } from '../api/use-alertmanager';
import { useOwnMetrics } from '../api/own-metrics';
import { formatCount } from '../lib/number';
import { Icon } from '../parts/icon';
import { Empty, Waiting } from '../parts/notice';
import { FactsTable } from '../status/facts-table';
import { AbsentOrFailed } from './absent';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 5_000;

const CLUSTER = 'alertmanager_cluster_';

interface Status {
  cluster: {
    name?: string;
    status: 'ready' | 'settling' | 'disabled';
    peers: { name: string; address: string }[];
  };
  uptime: string;
}

/** The page. */
export function ClusterPage() {
  const answer = useAlertmanager<Status>('status', {}, EVERY_MS);
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1>Cluster</h1>
          <p class="soft">Alertmanagers that share silences and what was told, so that each group is told once.</p>
        </div>
      </div>
      {answer.error && <AbsentOrFailed error={answer.error} retry={answer.reload} />}
      {answer.data === undefined ? !answer.error && <Waiting what="the cluster" /> : <Shown status={answer.data} />}
    </div>
  );
}

function Shown({ status: { cluster } }: { status: Status }) {
  if (cluster.status === 'disabled') {
    return (
      <Empty title="This Alertmanager stands alone.">
        <p>
          <code>--alertmanager.cluster.listen-address</code> and <code>--alertmanager.cluster.peer</code> join it with others.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <section class="card sending">
        <h2>
          Nodes <State ready={cluster.status === 'ready'} />
        </h2>
        <div class="table-scroll">
          <table class="table table-stack">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Address</th>
              </tr>
            </thead>
            <tbody>
              {cluster.peers.map(({ name, address }) => (
                <tr key={name}>
                  <td>
                    <code>{name}</code> {name === cluster.name && <span class="tag">this one</span>}
                  </td>
                  <td>{address}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <Exchange />
    </>
  );
}

function State({ ready }: { ready: boolean }) {
  return ready ? (
    <span class="mark mark-up"><Icon name="check" /> Ready</span>
  ) : (
    <span class="mark mark-past"><Icon name="clock" /> Settling: nobody is told yet</span>
  );
}

/** What went between the nodes, as far as it is counted. */
function Exchange() {
  const answer = useOwnMetrics([CLUSTER], EVERY_MS);
  const sums = new Map<string, number>();
  for (const { name, value } of answer.data ?? []) {
    const short = name.slice(CLUSTER.length);
    // Buckets of times are nothing to read.
    if (/_(bucket|sum|count)$/.test(short)) continue;
    sums.set(short, (sums.get(short) ?? 0) + value);
  }
  if (sums.size === 0) return null;
  const rows = [...sums].map(([name, value]) => [words(name), formatCount(value)] as const);
  return <FactsTable title="Exchange" rows={rows} />;
}

function words(name: string): string {
  const text = name.replace(/_total$/, '').replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
