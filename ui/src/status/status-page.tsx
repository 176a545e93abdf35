// How the process runs and from what it was built.
import { useAnswer } from '../api/use-answer';
import type { RuntimeInfo } from '../api/types';
import { formatDuration } from '../lib/duration';
import { useStore } from '../lib/store';
import { formatTimeWithZone, zone, type Zone } from '../lib/time';
import { FactsTable } from './facts-table';
import { PageFrame } from './page-frame';

/** Time between two looks, in milliseconds. */
const EVERY_MS = 10_000;

const RUNTIME: readonly (readonly [string, string])[] = [
  ['startTime', 'Started'],
  ['CWD', 'Working directory'],
  ['hostname', 'Host name'],
  ['serverTime', 'Time at the server'],
  ['reloadConfigSuccess', 'Last reload of the configuration'],
  ['lastConfigTime', 'Configuration loaded'],
  ['storageRetention', 'Storage retention'],
  ['corruptionCount', 'Corruptions of the log'],
  ['GOMAXPROCS', 'Processor cores'],
  ['reloadConfigError', 'Why the last reload failed'],
  ['warnings', 'Warnings'],
  ['damages', 'Damaged files'],
];

// What only the original's own runtime has; clients ask for these names.
const OF_ANOTHER_RUNTIME: ReadonlySet<string> = new Set([
  'goroutineCount',
  'GOMEMLIMIT',
  'GOGC',
  'GODEBUG',
  'goVersion',
]);

const BUILD: readonly (readonly [string, string])[] = [
  ['version', 'Version'],
  ['revision', 'Revision'],
  ['branch', 'Branch'],
  ['buildUser', 'Built by'],
  ['buildDate', 'Built'],
];

/** The page. */
export function StatusPage() {
  const runtime = useAnswer<RuntimeInfo>('status/runtimeinfo', {}, EVERY_MS);
  const build = useAnswer<RuntimeInfo>('status/buildinfo');
  const where = useStore(zone);
  return (
    <PageFrame title="Status" lead="How this server runs and from what it was built." answer={runtime}>
      {(data) => (
        <div class="cards">
          <FactsTable title="Runtime" rows={rows(data, RUNTIME, where)} />
          {build.data && <FactsTable title="Build" rows={rows(build.data, BUILD, where)} />}
        </div>
      )}
    </PageFrame>
  );
}

// Known facts in our order and words, then whatever else the server says; nothing of what is empty.
function rows(
  data: RuntimeInfo,
  known: readonly (readonly [string, string])[],
  where: Zone,
): [string, string][] {
  const names = new Map(known);
  const order = [...names.keys(), ...Object.keys(data).filter((key) => !names.has(key))];
  return order.flatMap((key) => {
    const value = data[key];
    if (value === undefined || OF_ANOTHER_RUNTIME.has(key)) return [];
    const text = print(key, value, where);
    return text === '' ? [] : [[names.get(key) ?? key, text]];
  });
}

const TIMES = new Set(['startTime', 'lastConfigTime', 'serverTime']);

function print(key: string, value: RuntimeInfo[string], where: Zone): string {
  if (typeof value === 'object') return value.join('\n');
  if (key === 'reloadConfigSuccess') return value === true ? '✓ successful' : '✗ failed';
  const time = TIMES.has(key) ? Date.parse(String(value)) : Number.NaN;
  if (Number.isNaN(time)) return String(value);
  const shown = formatTimeWithZone(time, where);
  if (key !== 'startTime') return shown;
  const up = Math.max(0, Math.round((Date.now() - time) / 1000)) * 1000;
  return `${shown} (${formatDuration(up)} ago)`;
}
