// The routing tree, the cluster, what is sent, what is pushed, and what makes series many. The
// server must run an Alertmanager whose root receiver is called `nobody`, and a push gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, eventually, fulfil, SERVER, useBrowser, withPage } from './browser.mjs';

useBrowser();

test('the routing tree shows who is told, and the tester where labels lead', () =>
  withPage('routing', async (page) => {
    const root = page.locator('.route').first();
    await root.getByText('nobody').waitFor();
    await root.getByText('everything').waitFor();
    await page.getByRole('searchbox').fill('severity="page"');
    await page.waitForURL(/routing\?labels=/);
    await page.getByText('Tells nobody').waitFor();
    await root.getByText('Is told').waitFor();
    await page.getByRole('searchbox').fill('severity=~"page"');
    await page.getByRole('searchbox').press('Enter');
    await page.getByText('Labels are names and values').waitFor();
    await accessible(page);
  }));

test('matchers of deeper routes say whether they fit', () =>
  withPage('routing?labels=team%3Ddb', async (page) => {
    const fails = page.locator('.route', { hasText: 'web' });
    await fails.getByText('does not fit').first().waitFor({ state: 'attached' });
    await page.locator('.route-receives', { hasText: 'db' }).waitFor();
    await page.getByText('Quiet now: nights').waitFor();
    await accessible(page);
  }, { prepare: (page) => page.route('**/api/v1/alerting/routes*', (route) => fulfil(route, deeper())) }));

function deeper() {
  const route = (depth, receiver, matchers, reach, more = {}) => ({
    depth, receiver, matchers, reach, groupBy: ['alertname'], groupWait: '30s', groupInterval: '5m',
    repeatInterval: '4h', continue: false, muteTimeIntervals: [], activeTimeIntervals: [], quiet: [],
    groups: 0, alerts: 0, ...more,
  });
  return [
    route(0, 'all', [], 'passes'),
    route(1, 'web', [{ text: 'team="web"', fits: false }], 'fails'),
    route(1, 'db', [{ text: 'team="db"', fits: true }], 'receives', { quiet: ['nights'], muteTimeIntervals: ['nights'], groups: 1, alerts: 2 }),
  ];
}

test('a lone Alertmanager says so, and nodes of a cluster are listed', async () => {
  await withPage('cluster', async (page) => {
    await page.getByText('This Alertmanager stands alone.').waitFor();
  });
  const cluster = { name: 'b', status: 'ready', peers: [{ name: 'a', address: '10.0.0.1:9094' }, { name: 'b', address: '10.0.0.2:9094' }] };
  await withPage('cluster', async (page) => {
    await eventually(() => page.locator('tbody tr').count(), 2);
    await page.locator('tr', { hasText: 'this one' }).getByText('10.0.0.2:9094').waitFor();
    await accessible(page);
  }, { prepare: (page) => page.route('**/api/v2/status', (route) => route.fulfill({ json: { cluster, uptime: '' } })) });
});

test('from a metric to its labels, and to their values', () =>
  withPage('cardinality', async (page) => {
    const first = (await ask('status/tsdb?limit=1')).seriesCountByMetricName[0].name;
    await page.getByRole('link', { name: 'node_cpu_seconds_total' }).click();
    assert.ok(first);
    await page.getByRole('link', { name: 'mode', exact: true }).click();
    await page.locator('.ranking-name', { hasText: 'idle' }).waitFor();
    const share = await page.locator('tr', { hasText: 'idle' }).locator('td').last().innerText();
    assert.match(share, /^\d+\.\d %$/);
    await accessible(page);
    await page.getByRole('link', { name: 'All metrics' }).click();
    await page.waitForURL(/cardinality$/);
  }));

test('queues of remote write and Alertmanagers are told from the own metrics', () => {
  const metrics = `prometheus_remote_storage_shards{remote_name="far",url="http://far/write"} 2
prometheus_remote_storage_shards_max{remote_name="far",url="http://far/write"} 50
prometheus_remote_storage_samples_pending{remote_name="far",url="http://far/write"} 1200
prometheus_remote_storage_samples_failed_total{remote_name="far",url="http://far/write"} 3
prometheus_remote_storage_highest_timestamp_in_seconds 100
prometheus_remote_storage_queue_highest_sent_timestamp_seconds{remote_name="far",url="http://far/write"} 58
prometheus_notifications_sent_total{alertmanager="http://am/api/v2/alerts"} 7
`;
  return withPage('sending', async (page) => {
    const far = page.locator('tr', { hasText: 'http://far/write' });
    await far.getByText('42.0 s').waitFor();
    await far.getByText('1.2k').waitFor();
    await eventually(() => far.locator('.bad').innerText(), '3');
    await page.locator('tr', { hasText: 'http://am/api/v2/alerts' }).getByText('7').waitFor();
    await accessible(page);
  }, { prepare: (page) => page.route('**/metrics', (route) => route.fulfill({ contentType: 'text/plain', body: metrics })) });
});

test('objects of Kubernetes that are wrong say why', () => {
  const objects = [
    { kind: 'ServiceMonitor', namespace: 'shop', name: 'web' },
    { kind: 'PodMonitor', namespace: 'shop', name: 'cart', problem: 'podMetricsEndpoints[0]: no port' },
  ];
  return withPage('service-discovery', async (page) => {
    await page.getByText('1 in force · 1 wrong').waitFor();
    const first = page.locator('.pool', { hasText: 'Objects of Kubernetes' }).locator('tbody tr').first();
    await first.getByText('podMetricsEndpoints[0]: no port').waitFor();
    await accessible(page);
  }, { prepare: (page) => page.route('**/api/v1/status/objects', (route) => fulfil(route, { followed: true, objects })) });
});

test('what a job pushed is seen, found, and deleted', () => {
  const job = `backup ${Date.now()}/é`;
  const encoded = Buffer.from(job).toString('base64url');
  return withPage('pushgateway', async (page) => {
    const pushed = await fetch(`${SERVER}/pushgateway/metrics/job@base64/${encoded}/team/db`, {
      method: 'PUT',
      body: '# TYPE rows gauge\nrows{table="a"} 3\n',
    });
    assert.equal(pushed.status, 200);
    await page.reload();
    await page.getByRole('searchbox').fill(job);
    const group = page.locator('.pushed', { hasText: job });
    await group.getByText('Pushed').waitFor();
    await group.locator('summary').click();
    await group.getByText('rows', { exact: true }).waitFor();
    await accessible(page);
    await group.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await eventually(() => page.locator('.pushed').count(), 0);
    const left = await (await fetch(`${SERVER}/pushgateway/api/v1/metrics`)).json();
    assert.ok(left.data.every(({ labels }) => labels.job !== job));
  });
});
