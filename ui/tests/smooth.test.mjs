// Pages with very much data: however much there is, little of it is in the document, and all of it
// can be reached. Counts only; what it costs is measured by scripts/measure.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, fulfil, panel, SERVER, until, useBrowser, withPage } from './browser.mjs';

useBrowser();

/** Elements of a page at most. */
const MOST_ELEMENTS = 2500;

const elements = (page) => page.evaluate(() => document.querySelectorAll('*').length);
const toEnd = (page) => page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
const toStart = (page) => page.evaluate(() => window.scrollTo(0, 0));

/** Scrolls to the end until the text is seen: the length of what was not drawn yet is only guessed. */
async function reaches(page, locator) {
  await eventually(async () => {
    await toEnd(page);
    return locator.isVisible();
  }, true);
}

async function fewElements(page) {
  const count = await elements(page);
  assert.ok(count < MOST_ELEMENTS, `${count} elements`);
}

test('of two thousand targets those near the window are drawn', () =>
  withPage('targets', async (page) => {
    const table = page.locator('.target-table').first();
    await table.locator('tbody tr').first().waitFor();
    await eventually(() => page.locator('[role="listitem"]').first().getAttribute('aria-setsize'), '4');
    await eventually(() => table.getAttribute('aria-rowcount'), '501');
    await fewElements(page);
    const long = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(long > 500 * 40, `the scroll bar is as long as all rows: ${long}`);

    await page.getByRole('button', { name: 'Show discovered labels' }).first().click();
    const opened = page.locator('.labels-plain', { hasText: 'host-400' });
    await opened.waitFor();
    // Neither what was unfolded nor the focus is lost on the way to the end and back.
    await page.locator('.pool-head button').first().focus();
    await reaches(page, page.getByText('http://host-1996:9100/metrics'));
    await eventually(() => page.locator('[aria-rowindex="501"]').count(), 1);
    await eventually(() => opened.count(), 0);
    await fewElements(page);
    await toStart(page);
    await opened.waitFor();

    await page.getByRole('searchbox').fill('host-1999');
    await until(page, () => document.querySelectorAll('.target-table tbody tr').length === 1);
  }, { prepare: (page) => page.route('**/api/v1/targets*', (route) => fulfil(route, manyTargets(2000))) }));

test('a row with the focus stays where everything around it goes', () =>
  withPage('targets', async (page) => {
    const button = page.getByRole('button', { name: 'Show discovered labels' }).first();
    await button.focus();
    await reaches(page, page.getByText('http://host-1996:9100/metrics'));
    await eventually(() => page.evaluate(() => document.activeElement?.textContent), 'Show discovered labels');
    await page.keyboard.press('Enter');
    await page.locator('.labels-plain', { hasText: 'host-400' }).waitFor();
  }, { prepare: (page) => page.route('**/api/v1/targets*', (route) => fulfil(route, manyTargets(2000))) }));

test('the next row is drawn before the Tab key leads to it', () =>
  withPage('targets', async (page) => {
    await page.getByRole('button', { name: 'Show discovered labels' }).first().focus();
    // Two stops a row.
    for (let turn = 0; turn < 80; turn++) await page.keyboard.press('Tab');
    const row = await page.evaluate(() => Number(document.activeElement?.closest('tr')?.ariaRowIndex));
    assert.ok(row >= 40, `row ${row}`);
  }, { prepare: (page) => page.route('**/api/v1/targets*', (route) => fulfil(route, manyTargets(2000))) }));

test('of ten thousand alerts those near the window are drawn, and all are searched', () =>
  withPage('alerts', async (page) => {
    await page.locator('.alert-table tbody tr').first().waitFor();
    await eventually(() => page.locator('[role="listitem"]').first().getAttribute('aria-setsize'), '1000');
    await fewElements(page);
    await reaches(page, page.getByText('LoadIsHigh999', { exact: true }));
    await fewElements(page);
    await page.getByRole('searchbox').fill('shard="7777"');
    await until(page, () => document.querySelectorAll('.alert-table tbody tr').length === 1);
  }, { prepare: (page) => page.route('**/api/v1/rules*', (route) => fulfil(route, manyAlerts(1000, 10))) }));

test('one rule may have all ten thousand alerts', () =>
  withPage('alerts', async (page) => {
    await page.locator('.alert-table tbody tr').first().waitFor();
    await fewElements(page);
    await reaches(page, page.locator('[aria-rowindex="10001"]'));
    await fewElements(page);
  }, { prepare: (page) => page.route('**/api/v1/rules*', (route) => fulfil(route, manyAlerts(1, 10_000))) }));

test('of ten thousand series those near the window are drawn', () =>
  withPage(panel({ expr: 'up' }), async (page) => {
    const table = page.locator('.result-table');
    await table.locator('tbody tr').first().waitFor();
    await eventually(() => table.getAttribute('aria-rowcount'), '10001');
    await fewElements(page);
    await reaches(page, table.getByText('host-9999'));
    await page.getByRole('button', { name: /Value/ }).click();
    await toStart(page);
    await eventually(() => table.locator('tbody tr').first().locator('td.number').innerText(), '9999');
    await fewElements(page);
  }, { prepare: (page) => page.route('**/api/v1/query', (route) => fulfil(route, manySeries(10_000))) }));

test('of a hundred panels those near the window ask and are drawn', async () => {
  const saved = await fetch(`${SERVER}/api/v1/dashboards/hundred`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(hundredPanels()),
  });
  assert.ok(saved.ok, await saved.text());
  let asked = 0;
  await withPage('d/hundred', async (page) => {
    const canvases = page.locator('.dash-plot canvas');
    await canvases.first().waitFor();
    assert.ok((await canvases.count()) <= 30, `${await canvases.count()} are drawn`);
    assert.ok(asked <= 30, `${asked} have asked`);
    await reaches(page, page.locator('[data-panel="100"] canvas'));
    await eventually(async () => (await canvases.count()) <= 30, true);
    assert.ok(asked <= 60, `${asked} have asked: those that were only passed have not`);
    await page.keyboard.press('d');
    await page.keyboard.press('r');
    await fewElements(page);
  }, {
    prepare: (page) =>
      page.on('request', (request) => {
        if (request.url().endsWith('/batch')) asked += JSON.parse(request.postData()).queries.length;
      }),
  });
});

function manyTargets(count) {
  const activeTargets = Array.from({ length: count }, (_, i) => ({
    discoveredLabels: { __address__: `host-${i}:9100` },
    labels: { instance: `host-${i}:9100`, job: `job-${i % 4}` },
    scrapePool: `job-${i % 4}`,
    scrapeUrl: `http://host-${i}:9100/metrics`,
    globalUrl: `http://host-${i}:9100/metrics`,
    lastError: i === 400 ? 'connection refused' : '',
    lastScrape: new Date().toISOString(),
    lastScrapeDuration: 0.01,
    health: i === 400 ? 'down' : 'up',
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
  }));
  return { activeTargets, droppedTargets: [] };
}

function manyAlerts(rules, each) {
  const now = new Date().toISOString();
  const alert = (rule, i) => ({
    labels: { alertname: `LoadIsHigh${rule}`, shard: String(rule * each + i), severity: 'page' },
    annotations: { summary: `Shard ${rule * each + i} is loaded` },
    state: 'firing',
    activeAt: now,
    value: '9.7e-01',
  });
  const rule = (i) => ({
    type: 'alerting',
    name: `LoadIsHigh${i}`,
    query: `load_ratio{rule="${i}"} > 0.9`,
    state: 'firing',
    health: 'ok',
    duration: 0,
    keepFiringFor: 0,
    evaluationTime: 0.001,
    lastEvaluation: now,
    alerts: Array.from({ length: each }, (_, n) => alert(i, n)),
  });
  const group = { name: 'load', file: 'rules.yml', interval: 15, evaluationTime: 0.1, lastEvaluation: now };
  return { groups: [{ ...group, rules: Array.from({ length: rules }, (_, i) => rule(i)) }] };
}

function manySeries(count) {
  const result = Array.from({ length: count }, (_, i) => ({
    metric: { __name__: 'up', instance: `host-${i}` },
    value: [1_700_000_000, String(i)],
  }));
  return { resultType: 'vector', result };
}

function hundredPanels() {
  const panels = Array.from({ length: 100 }, (_, i) => ({
    id: i + 1,
    type: 'timeseries',
    title: `Panel ${i + 1}`,
    gridPos: { x: (i % 3) * 8, y: Math.floor(i / 3) * 8, w: 8, h: 8 },
    targets: [{ refId: 'A', expr: `up + ${i}` }],
  }));
  return { uid: 'hundred', title: 'A hundred panels', schemaVersion: 39, time: { from: 'now-5m', to: 'now' }, panels };
}
