// What a real server answers differently every time: when it was asked, where it runs, how fast it was. Those fields are
// given one value each; everything else is what the server said.
import { hostname } from 'node:os';
import { NOW_MS } from './data.mjs';

const before = (minutes) => new Date(NOW_MS - minutes * 60_000).toISOString();

/** Fields of answers by their name. */
const FIELDS = {
  activeAt: before(25),
  lastEvaluation: before(0.02),
  evaluationTime: 0.000412,
  lastScrape: before(0.03),
  lastScrapeDuration: 0.00423,
  startsAt: before(60),
  updatedAt: before(2),
  endsAt: before(-180),
  time_stamp: before(17),
  changed: NOW_MS - 86_400_000,
  startTime: before(60 * 26),
  lastConfigTime: before(60 * 3),
  serverTime: before(0),
  uptime: before(60 * 26),
  CWD: '/var/lib/argand',
  hostname: 'argand-1',
  GOMAXPROCS: 4,
  version: '3.14.0+argand.1.0.0',
  revision: '',
  minTime: NOW_MS - 3 * 3_600_000,
  maxTime: NOW_MS,
  chunkCount: 818,
  evalTotalTime: 0.00095,
  queryPreparationTime: 0.0005,
  innerEvalTime: 0.00045,
  execQueueTime: 0.000002,
  execTotalTime: 0.000952,
};

/** Values that are named by the metric that holds them. */
const METRICS = { push_time_seconds: String(NOW_MS / 1000 - 1020) };

/** The server's own metrics, of which the page about sending shows these; they count from the start of the process. */
const OWN_METRICS = `prometheus_remote_storage_shards{remote_name="archive",url="https://archive.example/api/v1/write"} 2
prometheus_remote_storage_shards_max{remote_name="archive",url="https://archive.example/api/v1/write"} 50
prometheus_remote_storage_samples_pending{remote_name="archive",url="https://archive.example/api/v1/write"} 1200
prometheus_remote_storage_samples_total{remote_name="archive",url="https://archive.example/api/v1/write"} 91240
prometheus_remote_storage_samples_failed_total{remote_name="archive",url="https://archive.example/api/v1/write"} 3
prometheus_remote_storage_highest_timestamp_in_seconds ${NOW_MS / 1000}
prometheus_remote_storage_queue_highest_sent_timestamp_seconds{remote_name="archive",url="https://archive.example/api/v1/write"} ${NOW_MS / 1000 - 42}
prometheus_notifications_sent_total{alertmanager="http://alerts.example/api/v2/alerts"} 7
prometheus_notifications_errors_total{alertmanager="http://alerts.example/api/v2/alerts"} 0
prometheus_notifications_queue_length 0
prometheus_notifications_queue_capacity 10000
`;

/** Makes the answers that a page gets steady. */
export async function steady(page, stage) {
  const names = await steadyNames(stage);
  await page.route(/\/metrics$/, (route) => route.fulfill({ contentType: 'text/plain', body: OWN_METRICS }));
  await page.route(/\/api\/v[12]\//, async (route) => {
    const request = route.request();
    const asked = names.reduce((url, [real, shown]) => url.replaceAll(shown, real), new URL(request.url()).pathname);
    const response = await route.fetch({ url: stage.url + asked + new URL(request.url()).search });
    const said = names.reduce((text, [real, shown]) => text.replaceAll(real, shown), await response.text());
    await route.fulfill({ response, body: steadyText(asked, said) });
  });
}

/** What is called otherwise in pictures: addresses, and the ids that silences got. */
async function steadyNames(stage) {
  const silences = await (await fetch(`${stage.url}/api/v2/silences`)).json();
  return [
    [`${hostname()}:${stage.address.split(':')[1]}`, 'argand.example:9090'],
    [stage.address, 'argand.example:9090'],
    [stage.fleetAddress, 'fleet.example:9100'],
    ...silences.map(({ id, createdBy }) => [id, SILENCE_IDS[createdBy]]),
  ];
}

const SILENCE_IDS = { ada: '3f1c6a52-0d1e-4c5b-9a54-5d0c1b7e2f10', grace: '8a92e0b4-71c3-4f6d-8b1f-2c9d4e5f6a7b' };

/** Where to look for the silence that one of the two made. */
export const silenceOf = (name) => SILENCE_IDS[name];

function steadyText(path, text) {
  if (/\/(query_range|query_exemplars|series|labels|batch)$/.test(path)) return text;
  try {
    return JSON.stringify(inOrder(path, fix(JSON.parse(text))));
  } catch {
    // Not JSON: an error's text.
    return text;
  }
}

function fix(value, name = '') {
  if (name in METRICS) return { ...value, metrics: value.metrics.map((metric) => ({ ...metric, value: METRICS[name] })) };
  if (name in FIELDS && (typeof value === 'string' || typeof value === 'number')) return FIELDS[name];
  if (Array.isArray(value)) return value.map((item) => fix(item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fix(item, key)]));
}

/** Entries that came at nearly the same time come in one order, one every seven minutes. */
function inOrder(path, answer) {
  if (/\/silences$/.test(path)) return answer.toSorted((a, b) => (a.createdBy < b.createdBy ? -1 : 1));
  if (!/\/history\//.test(path)) return answer;
  const key = (entry) => JSON.stringify({ ...entry, at: '' });
  const entries = answer.data.entries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return { ...answer, data: { ...answer.data, entries: entries.map((entry, i) => ({ ...entry, at: before(7 * i + 3) })) } };
}
