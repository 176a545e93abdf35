// Prometheus Operator's objects, where they are followed: those that are wrong first.
import { useAnswer } from '../api/use-answer';
import { formatCount } from '../lib/number';
import { Fold } from '../parts/fold';
import { Icon } from '../parts/icon';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 15_000;

/** Objects drawn at once. */
const MAX_ROWS = 200;

interface Kubernetes {
  followed: boolean;
  objects: { kind: string; namespace: string; name: string; problem?: string }[];
}

/** The section; nothing where no objects are followed. */
export function Objects() {
  const { data } = useAnswer<Kubernetes>('status/objects', {}, EVERY_MS);
  if (!data?.followed) return null;
  const wrong = data.objects.filter(({ problem }) => problem !== undefined);
  const well = data.objects.filter(({ problem }) => problem === undefined);
  const rows = [...wrong, ...well].slice(0, MAX_ROWS);
  const head = (
    <>
      <span class="pool-name">Objects of Kubernetes</span>
      <span class="soft pool-facts">
        {formatCount(well.length)} in force · {formatCount(wrong.length)} wrong
      </span>
    </>
  );
  return (
    <Fold head={head} open={wrong.length > 0} tone={wrong.length > 0 ? 'down' : 'up'}>
      {() => (
        <div class="table-scroll">
          <table class="table table-stack">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Kind</th>
                <th scope="col">Name</th>
                <th scope="col">What is wrong</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ kind, namespace, name, problem }) => (
                <tr key={`${kind}/${namespace}/${name}`}>
                  <td>
                    {problem === undefined ? (
                      <span class="mark mark-up"><Icon name="check" /> In force</span>
                    ) : (
                      <span class="mark mark-down"><Icon name="cross" /> Left out</span>
                    )}
                  </td>
                  <td>{kind}</td>
                  <td><code>{namespace}/{name}</code></td>
                  <td class={problem === undefined ? '' : 'row-error'}>{problem}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Fold>
  );
}
