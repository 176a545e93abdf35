// What a small fleet measured in the three hours before one fixed moment, as OpenMetrics text: the same bytes every
// time, so that pictures of it can be compared.

/** The moment at which every picture is taken. */
export const NOW_MS = Date.UTC(2026, 0, 15, 12, 0, 0);

const HOURS = 3;
const STEP_S = 30;
const STEPS = (HOURS * 3600) / STEP_S;

export const HOSTS = ['node-1:9100', 'node-2:9100', 'node-3:9100'];
export const WEB = ['web-1:8080', 'web-2:8080', 'web-3:8080'];

/** Between 0 and 1, the same for the same text and step. */
function chance(text, step) {
  let hash = 0x811c9dc5 ^ step;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Around 1: a slow swell, and less of it that is chance. */
const sway = (key, step) =>
  1 + 0.3 * Math.sin(step / 26 + 7 * chance(key, -1)) + 0.1 * (chance(key, step >> 1) - 0.5);

const labelText = (labels) => Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join(',');

/** Series as `{ name, labels, at }`, where `at` answers a step's value or nothing. */
function gauge(name, labels, base, shape = sway) {
  const key = name + labelText(labels);
  return { name, labels, at: (step) => base * shape(key, step) };
}

const constant = (name, labels, value) => ({ name, labels, at: () => value });

function counter(name, labels, perSecond) {
  const key = name + labelText(labels);
  const sums = [];
  let sum = Math.round(perSecond * 40_000 * (1 + chance(key, -2)));
  for (let step = 0; step <= STEPS; step++) sums.push((sum += Math.max(0, perSecond * STEP_S * sway(key, step))));
  return { name, labels, at: (step) => sums[step] };
}

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Buckets of durations around a middle that wanders; each counter is what its bucket and the shorter ones took. */
function histogram(name, labels, perSecond, middle) {
  const key = name + labelText(labels);
  const sums = BOUNDS.map(() => []);
  const all = [];
  const totals = BOUNDS.map(() => 0);
  let total = 0;
  for (let step = 0; step <= STEPS; step++) {
    const taken = perSecond * STEP_S * sway(key, step);
    const centre = middle * (1 + 0.6 * Math.sin(step / 41 + perSecond));
    BOUNDS.forEach((bound, i) => sums[i].push((totals[i] += taken / (1 + (centre / bound) ** 2.2))));
    all.push((total += taken));
  }
  const bucket = (le, values) => ({ name: `${name}_bucket`, labels: { ...labels, le }, at: (step) => values[step] });
  return [
    ...BOUNDS.map((bound, i) => bucket(String(bound), sums[i])),
    bucket('+Inf', all),
    { name: `${name}_count`, labels, at: (step) => all[step] },
  ];
}

const GIB = 1024 ** 3;

function hostSeries(instance, number) {
  const host = { job: 'node', instance };
  const modes = { idle: 0.7 - number * 0.14, user: 0.16 + number * 0.1, system: 0.06 + number * 0.02, iowait: 0.03, nice: 0.002, softirq: 0.01, steal: 0.004 };
  const disks = ['nvme0n1', 'nvme1n1'];
  const rates = (names, device) => Object.entries(names).map(([name, rate]) => counter(name, { ...host, device }, rate * (1 + number * 0.4)));
  const space = (mountpoint, device, size, share) => {
    const labels = { ...host, device, fstype: 'ext4', mountpoint };
    return [
      constant('node_filesystem_size_bytes', labels, size * GIB),
      gauge('node_filesystem_avail_bytes', labels, size * GIB * share, (_, step) => 1 - step / 9000),
      constant('node_filesystem_files', labels, 6_553_600),
      constant('node_filesystem_files_free', labels, Math.round(6_553_600 * (0.5 + share / 2))),
    ];
  };
  return [
    constant('node_uname_info', { ...host, nodename: instance.split(':')[0], release: '6.1.0', sysname: 'Linux' }, 1),
    constant('node_boot_time_seconds', host, NOW_MS / 1000 - 86_400 * (3 + 9 * number) - 4000),
    ...[0, 1, 2, 3].flatMap((cpu) => Object.entries(modes).map(([mode, share]) => counter('node_cpu_seconds_total', { ...host, cpu, mode }, share))),
    ...['1', '5', '15'].map((minutes) => gauge(`node_load${minutes}`, host, 0.7 + number * 1.1)),
    constant('node_memory_MemTotal_bytes', host, 16 * GIB),
    gauge('node_memory_MemAvailable_bytes', host, (9 - 2.4 * number) * GIB, (key, step) => 1 + 0.12 * (sway(key, step) - 1)),
    gauge('node_memory_MemFree_bytes', host, (2.4 - 0.5 * number) * GIB, (key, step) => 1 + 0.2 * (sway(key, step) - 1)),
    ...space('/', 'nvme0n1p2', 120, 0.46 - 0.14 * number),
    ...space('/var/lib/data', 'nvme1n1p1', 500, 0.61 - 0.2 * number),
    ...disks.flatMap((device) => rates({ node_disk_read_bytes_total: 2.2e6, node_disk_written_bytes_total: 5.1e6, node_disk_reads_completed_total: 90, node_disk_writes_completed_total: 210, node_disk_read_time_seconds_total: 0.06, node_disk_write_time_seconds_total: 0.2, node_disk_io_time_seconds_total: 0.21 }, device)),
    ...rates({ node_network_receive_bytes_total: 3.4e6, node_network_transmit_bytes_total: 4.9e6, node_network_receive_errs_total: 0.001, node_network_transmit_errs_total: 0, node_network_receive_drop_total: 0.02, node_network_transmit_drop_total: 0 }, 'eth0'),
    ...Object.entries({ cpu: 0.06, memory: 0.004, io: 0.03 }).map(([what, rate]) => counter(`node_pressure_${what}_waiting_seconds_total`, host, rate)),
    gauge('node_procs_running', host, 2 + number),
    gauge('node_procs_blocked', host, 0.4),
    counter('node_context_switches_total', host, 8200),
    gauge('node_netstat_Tcp_CurrEstab', host, 140),
    gauge('node_sockstat_TCP_tw', host, 36),
    counter('node_netstat_Tcp_RetransSegs', host, 0.8),
    counter('node_netstat_Tcp_OutSegs', host, 4100),
    gauge('node_timex_offset_seconds', host, 0.0004, (key, step) => sway(key, step) - 1),
    gauge('node_filefd_allocated', host, 2100),
  ];
}

const ROUTES = { '/': 14, '/cart': 6, '/checkout': 2.2, '/search': 9 };

function webSeries(instance, number) {
  const labels = { job: 'web', instance, service: 'shop', namespace: 'shop' };
  return Object.entries(ROUTES).flatMap(([route, rate]) => [
    ...Object.entries({ 200: 1, 304: 0.2, 404: 0.02, 500: 0.002 + 0.001 * number }).map(([status, share]) =>
      counter('http_requests_total', { ...labels, method: route === '/checkout' ? 'POST' : 'GET', route, status }, rate * share)),
    ...histogram('http_request_duration_seconds', { ...labels, route }, rate * 1.2, route === '/search' ? 0.16 : 0.04),
  ]);
}

function serviceSeries(service, rate, errors, p95, budget) {
  const labels = { service };
  return [
    gauge('service:http_requests:rate5m', labels, rate),
    gauge('service:http_errors:ratio_rate5m', labels, errors),
    gauge('service:http_errors:ratio_rate30m', labels, errors),
    gauge('service:http_request_duration_seconds:p95_rate5m', labels, p95),
    gauge('service:slo_error_budget_left:ratio', labels, budget, () => 1),
    gauge('service:slo_availability:ratio_rate30m', labels, 1 - errors, (key, step) => 1 - errors * (sway(key, step) - 1)),
  ];
}

function jobSeries(job, seconds, records) {
  return [
    gauge('batch_job_duration_seconds', { job }, seconds),
    constant('batch_job_last_success_timestamp_seconds', { job }, NOW_MS / 1000 - seconds * 9),
    ...['inserted', 'updated'].map((kind, i) => counter('batch_job_records_processed_total', { job, record_type: kind }, records / (i * 3 + 1))),
    counter('batch_job_errors_total', { job, error_type: 'timeout' }, records / 9000),
  ];
}

/** `up` and what goes with it; the last web server goes down for a while and stays down in the end. */
function scrapeSeries(job, instance, samples, down = () => false) {
  const labels = { job, instance };
  return [
    { name: 'up', labels: job === 'web' ? { ...labels, service: 'shop' } : labels, at: (step) => (down(step) ? 0 : 1) },
    gauge('scrape_duration_seconds', labels, 0.004 + samples / 40_000),
    { name: 'scrape_samples_scraped', labels, at: (step) => (down(step) ? 0 : samples) },
  ];
}

function allSeries() {
  const falls = (step) => (step > 130 && step < 144) || step > STEPS - 18;
  return [
    ...HOSTS.flatMap(hostSeries),
    ...WEB.flatMap(webSeries),
    ...HOSTS.flatMap((instance) => scrapeSeries('node', instance, 412)),
    ...WEB.flatMap((instance, i) => scrapeSeries('web', instance, 61, i === 2 ? falls : undefined)),
    ...serviceSeries('shop', 94, 0.0021, 0.21, 0.62),
    ...serviceSeries('payments', 18, 0.0004, 0.34, 0.91),
    ...serviceSeries('search', 51, 0.0062, 0.48, 0.08),
    ...jobSeries('nightly-report', 420, 900),
    ...jobSeries('reindex', 95, 4200),
    ...histogram('prometheus_http_request_duration_seconds', { job: 'web', instance: WEB[0], handler: '/api/v1/query' }, 4, 0.03),
  ];
}

const number = (value) => String(Number(value.toPrecision(9)));

/** Every sample, ended as OpenMetrics wants it. */
export function openMetrics() {
  const byName = new Map();
  for (const series of allSeries()) byName.set(series.name, [...(byName.get(series.name) ?? []), series]);
  const lines = [];
  for (const group of byName.values()) {
    for (const { name, labels, at } of group) {
      const head = `${name}{${labelText(labels)}}`;
      for (let step = 0; step <= STEPS; step++) {
        lines.push(`${head} ${number(at(step))} ${NOW_MS / 1000 - (STEPS - step) * STEP_S}`);
      }
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** What a target shows when it is scraped: its last values, without the labels that scraping adds. */
export function exposition(instance) {
  const names = new Set(['up', 'scrape_duration_seconds', 'scrape_samples_scraped']);
  return allSeries()
    .filter(({ name, labels }) => labels.instance === instance && !names.has(name))
    .map(({ name, labels, at }) => {
      const { job: _, instance: __, ...own } = labels;
      return `${name}{${labelText(own)}} ${number(at(STEPS))}\n`;
    })
    .join('');
}
