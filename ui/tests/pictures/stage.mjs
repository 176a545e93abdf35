// The server whose pictures are taken: its past is backfilled, its targets always answer alike, and what is pushed to it
// is always the same. `ARGAND_BINARY` names the program.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exposition, HOSTS, openMetrics, WEB } from './data.mjs';

const REPOSITORY = join(import.meta.dirname, '../../..');

const BUILT = join(REPOSITORY, 'target/debug/argand');

/** The program, or nothing where none is named and none has been built. */
export const BINARY = process.env.ARGAND_BINARY ?? (existsSync(BUILT) ? BUILT : undefined);

/** Dashboards that come with Argand and are looked at beside the tests' own. */
const PACKED = ['node/dashboards/node.json', 'services/dashboards/overview.json', 'services/dashboards/service-details.json', 'batch/dashboards/batch.json'];

const DEADLINE_MS = 60_000;

const ALERTMANAGER = `route:
  receiver: on-call
  group_by: [alertname]
  group_wait: 1s
  routes:
    - receiver: database-team
      matchers: [team="db"]
      group_by: [alertname, instance]
      mute_time_intervals: [holidays]
    - receiver: web-team
      matchers: [service=~"shop|search"]
      continue: true
      routes:
        - receiver: on-call
          matchers: [severity="page"]
receivers:
  - {name: on-call, webhook_configs: [{url: 'http://FLEET/told'}]}
  - {name: web-team, webhook_configs: [{url: 'http://FLEET/told'}]}
  - {name: database-team, webhook_configs: [{url: 'http://FLEET/refused'}]}
time_intervals:
  # So far away that it never mutes while pictures are taken.
  - {name: holidays, time_intervals: [{years: ['2099']}]}
inhibit_rules:
  - {source_matchers: [severity="page"], target_matchers: [severity="warning"], equal: [service]}
`;

const RULES = `groups:
  - name: hosts
    interval: 1s
    rules:
      - alert: DiskNearlyFull
        expr: node_filesystem_avail_bytes{fstype="ext4"} / node_filesystem_size_bytes < 0.25
        labels: {severity: warning, team: platform}
        annotations:
          summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} has {{ $value | humanizePercentage }} left'
          runbook_url: https://example.org/runbooks/disk
      - alert: LoadHigh
        expr: node_load15 > 1
        for: 10000h
        labels: {severity: warning, team: platform}
        annotations: {summary: '{{ $labels.instance }} has much to do'}
      - alert: ClockOff
        expr: abs(node_timex_offset_seconds) > 0.05
        labels: {severity: warning}
        annotations: {summary: The clock of {{ $labels.instance }} is off}
  - name: shop
    interval: 1s
    rules:
      - record: instance:node_memory_available:ratio
        expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes
      - alert: InstanceDown
        expr: up == 0
        labels: {severity: page, service: shop}
        annotations: {summary: '{{ $labels.instance }} does not answer', description: 'Its last scrape failed.'}
      - alert: ErrorsMany
        expr: sum by (service) (rate(http_requests_total{status=~"5.."}[5m])) > 5
        for: 5m
        labels: {severity: page}
`.replace("summary: The clock of {{ $labels.instance }} is off", "summary: 'The clock of {{ $labels.instance }} is off'");

function configuration(fleet) {
  const job = (name, instances, more) => `  - job_name: ${name}
    static_configs: [{targets: [${instances.map((instance) => `'${instance}'`).join(', ')}]}]
    relabel_configs:
      - {source_labels: [__address__], target_label: instance}
      - {source_labels: [__address__], target_label: __metrics_path__, replacement: /metrics/$1}
      - {target_label: __address__, replacement: '${fleet}'}
${more}`;
  return `global:
  # Dashboards ask at four times this, which holds two samples of the past.
  scrape_interval: 15s
  evaluation_interval: 15s
  external_labels: {region: north}
rule_files: [rules.yml]
scrape_configs:
${job('node', HOSTS, '')}${job('web', [...WEB, 'web-4:8080'], `      - {target_label: service, replacement: shop}
      - {source_labels: [instance], regex: 'web-4.*', action: drop}
`)}`;
}

/** Pushed to the Alertmanager as another Prometheus would: one is silenced, one inhibited, one of another team. */
const PUSHED_ALERTS = [
  { labels: { alertname: 'LatencyHigh', service: 'search', severity: 'page', region: 'north' }, annotations: { summary: 'The 95th percentile of search is 480 ms', runbook_url: 'https://example.org/runbooks/latency' } },
  { labels: { alertname: 'QueueLong', service: 'search', severity: 'warning', region: 'north' }, annotations: { summary: '1200 messages wait' } },
  { labels: { alertname: 'ReplicationLag', team: 'db', instance: 'db-2:5432', severity: 'warning', region: 'north' }, annotations: { summary: 'db-2 is 40 s behind' } },
  { labels: { alertname: 'BackupOld', team: 'db', instance: 'db-1:5432', severity: 'warning', region: 'south' }, annotations: { summary: 'The last backup is two days old' } },
];

const SILENCES = [
  { matchers: [{ name: 'alertname', value: 'BackupOld', isRegex: false, isEqual: true }, { name: 'instance', value: 'db-.*', isRegex: true, isEqual: true }], createdBy: 'ada', comment: 'The tape robot is being repaired, see the plan' },
  { matchers: [{ name: 'region', value: 'south', isRegex: false, isEqual: true }], createdBy: 'grace', comment: 'Moving house' },
];

const PUSHED_METRICS = {
  'job/nightly-report/instance/reports-1': '# HELP batch_job_duration_seconds How long the last run took.\n# TYPE batch_job_duration_seconds gauge\nbatch_job_duration_seconds 412.5\n# TYPE batch_job_records_processed counter\nbatch_job_records_processed_total{record_type="inserted"} 91820\n',
  'job/reindex': '# TYPE batch_job_duration_seconds gauge\nbatch_job_duration_seconds 95.25\n',
};

/** Targets, and whoever is told of alerts. */
async function startFleet() {
  const texts = new Map([...HOSTS, ...WEB].map((instance) => [`/metrics/${instance}`, exposition(instance)]));
  const server = createServer((request, response) => {
    request.resume();
    // What is refused for good is not tried again.
    if (request.url === '/refused') response.writeHead(400).end('no');
    else if (request.url === '/told') response.end();
    else if (request.url === `/metrics/${WEB[2]}`) response.writeHead(503).end();
    else response.setHeader('Content-Type', 'text/plain; version=0.0.4').end(texts.get(request.url));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Writes the folder that the server works in. */
function furnish(folder, fleet) {
  const write = (name, text) => writeFileSync(join(folder, name), text.replaceAll('FLEET', fleet));
  write('past.om', openMetrics());
  write('prometheus.yml', configuration(fleet));
  write('rules.yml', RULES);
  write('alertmanager.yml', ALERTMANAGER);
  mkdirSync(join(folder, 'dashboards'));
  cpSync(join(import.meta.dirname, '../dashboards'), join(folder, 'dashboards'), { recursive: true });
  for (const path of PACKED) cpSync(join(REPOSITORY, 'packs', path), join(folder, 'dashboards', path.split('/').at(-1)));
  execFileSync(BINARY, ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', 'past.om', 'data'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Starts everything and waits until nothing changes any more. */
export async function openStage() {
  const folder = mkdtempSync(join(tmpdir(), 'argand-pictures-'));
  const fleet = await startFleet();
  const fleetAddress = `127.0.0.1:${fleet.address().port}`;
  furnish(folder, fleetAddress);
  const address = `127.0.0.1:${await freePort()}`;
  const log = join(folder, 'argand.log');
  const child = spawn(
    BINARY,
    [`--web.listen-address=${address}`, '--storage.tsdb.path=data', '--storage.tsdb.retention.time=100y', '--alertmanager.config.file=alertmanager.yml', '--dashboards.path=dashboards'],
    { cwd: folder, stdio: ['ignore', 'ignore', openSync(log, 'w')] },
  );
  const stage = {
    url: `http://${address}`,
    address,
    fleetAddress,
    folder,
    async close() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      fleet.close();
      fleet.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await push(stage);
    await settled(stage);
  } catch (error) {
    const text = readFileSync(log, 'utf8').slice(-2000);
    await stage.close();
    throw new Error(`${error.message}\n${text}`);
  }
  return stage;
}

async function until(what, condition) {
  const end = Date.now() + DEADLINE_MS;
  while (Date.now() < end) {
    if (await condition().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}

async function send(stage, path, method, body, type = 'application/json') {
  const response = await fetch(`${stage.url}/${path}`, { method, body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'Content-Type': type } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function push(stage) {
  await until('the server is ready', async () => (await fetch(`${stage.url}/-/ready`)).ok);
  const now = Date.now();
  const at = (hours) => new Date(now + hours * 3_600_000).toISOString();
  for (const silence of SILENCES) await send(stage, 'api/v2/silences', 'POST', { ...silence, startsAt: at(0), endsAt: at(1000) });
  await send(stage, 'api/v2/alerts', 'POST', PUSHED_ALERTS.map((alert) => ({ ...alert, startsAt: at(-1), endsAt: at(1000), generatorURL: 'http://prometheus.example:9090/graph' })));
  for (const [group, body] of Object.entries(PUSHED_METRICS)) await send(stage, `pushgateway/metrics/${group}`, 'PUT', body, 'text/plain');
}

/** Every target scraped, every rule evaluated with what was scraped, every alert told. */
async function settled(stage) {
  const ask = async (path) => (await (await fetch(`${stage.url}/${path}`)).json()).data;
  await until('every target was scraped', async () => (await ask('api/v1/targets')).activeTargets.every(({ health }) => health !== 'unknown'));
  await until('rules fire', async () => (await ask('api/v1/alerts')).alerts.length >= 5);
  await until('alerts were told', async () => {
    const { entries } = await ask('api/v1/alerting/history/notifications');
    return new Set(entries.map(({ groupKey, receiver }) => groupKey + receiver)).size >= 4;
  });
}
