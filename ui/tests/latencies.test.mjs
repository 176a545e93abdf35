// Exemplars, heatmaps and histograms: on the query page and on a dashboard.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { accessible, ask, eventually, panel, until, useBrowser, withPage } from './browser.mjs';
import { JOB, pushLatencies } from './latencies.mjs';

useBrowser();

let pushed = 0;
before(async () => {
  pushed = await pushLatencies();
});

const BUCKETS = `sum by (le) (rate(shop_request_duration_seconds_bucket{job="${JOB}"}[30s]))`;
const graph = (fields) => panel({ expr: BUCKETS, tab: 'graph', range_input: '6m', step_input: '5s', ...fields });

/** Pixels of a canvas that are not transparent. */
const painted = (page, selector) =>
  page.evaluate((where) => {
    const canvas = document.querySelector(where);
    if (!canvas?.width) return 0;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((alpha, i) => i % 4 === 3 && alpha > 0).length;
  }, selector);

test('exemplars are marked where they are, and the address says so', () =>
  withPage(graph(), async (page) => {
    await until(page, () => document.querySelector('.plot canvas'));
    assert.equal(await page.locator('.exemplar').count(), 0);
    await page.getByRole('button', { name: 'Exemplars' }).click();
    await page.waitForURL(/g0\.show_exemplars=1/);
    await eventually(() => page.locator('.exemplar').count(), pushed);
    // Later ones are further to the right, higher values are not lower down.
    const marks = await page.locator('.exemplar').evaluateAll((all) =>
      all.map((mark) => ({ label: mark.getAttribute('aria-label'), x: mark.offsetLeft, y: mark.offsetTop })));
    assert.deepEqual(marks.map(({ x }) => x), marks.map(({ x }) => x).toSorted((a, b) => a - b));
    const value = ({ label }) => Number(/Exemplar (\S+) at/.exec(label)[1]);
    const falling = marks.toSorted((a, b) => value(b) - value(a));
    assert.deepEqual(falling.map(({ y }) => y), falling.map(({ y }) => y).toSorted((a, b) => a - b));
    assert.ok(new Set(marks.map(({ y }) => y)).size > 2);
  }));

test('an exemplar says what it is to the mouse and to the keyboard', () =>
  withPage(graph({ show_exemplars: '1' }), async (page) => {
    // The last one, which no other covers.
    const mark = page.locator('.exemplar').last();
    await mark.hover();
    const box = page.locator('.exemplar-box');
    await eventually(() => box.innerText(), /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0\d:00[\s\S]*Exemplar [\d.]+[\s\S]*trace_id[\s\S]*shop_request_duration_seconds_bucket\{[\s\S]*le=/);
    // The pointer may go into the box.
    await box.getByRole('link').hover();
    assert.match(await box.getByRole('link').getAttribute('href'), /^https:\/\/traces\.example\/[0-9a-f]{32}$/);
    await page.mouse.move(5, 5);
    await box.waitFor({ state: 'detached' });

    await mark.focus();
    const first = await box.innerText();
    await page.keyboard.press('ArrowLeft');
    await eventually(async () => (await box.innerText()) !== first, true);
    await eventually(() => page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'true');
    await accessible(page);
    await page.keyboard.press('Tab');
    await eventually(() => page.evaluate(() => document.activeElement.tagName), 'A');
    await page.keyboard.press('Tab');
    await eventually(() => page.evaluate(() => document.activeElement.textContent.trim()), 'Copy');
    await page.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    await eventually(() => page.evaluate(() => document.activeElement.className), 'exemplar');
  }));

test('exemplars are listed below the graph', () =>
  withPage(graph({ show_exemplars: '1' }), async (page) => {
    await page.locator('summary', { hasText: `${pushed} exemplars as a table` }).click();
    const rows = page.getByRole('region', { name: 'Exemplars' }).locator('tbody tr');
    await eventually(() => rows.count(), Math.min(100, pushed));
    const times = await rows.locator('td:first-child').allInnerTexts();
    assert.deepEqual(times, times.toSorted().reverse());
    await page.getByRole('button', { name: /^Show \d+ more/ }).click();
    await eventually(() => rows.count(), pushed);
  }));

test('no exemplars, and a question for them that fails, are said', async () => {
  await withPage(panel({ expr: 'up', tab: 'graph', show_exemplars: '1' }), async (page) => {
    await page.getByText('No exemplars in this range.').waitFor();
  });
  await withPage(graph({ show_exemplars: '1' }), async (page) => {
    await page.getByText('Exemplars could not be loaded.').waitFor();
    await until(page, () => window.argandGraphs?.[0]);
  }, { allow: /status of 503|ERR_/, prepare: (page) => page.route('**/query_exemplars', (route) => route.fulfill({ status: 503, body: 'busy' })) });
});

test('very many exemplars are thinned out, and the page says so', () =>
  withPage(graph({ show_exemplars: '1' }), async (page) => {
    await page.locator('summary', { hasText: /^3,000 exemplars as a table; \d+ of them are marked/ }).waitFor();
    const marks = await page.locator('.exemplar').count();
    assert.ok(marks >= 45 && marks <= 200, `${marks} marks`);
  }, {
    prepare: (page) => page.route('**/query_exemplars', (route) => {
      const end = Number(new URLSearchParams(route.request().postData()).get('end'));
      const exemplars = Array.from({ length: 3000 }, (_, i) => ({ labels: { trace_id: `${i}` }, value: String(i % 13), timestamp: end - i / 10 }));
      return route.fulfill({ json: { status: 'success', data: [{ seriesLabels: {}, exemplars }] } });
    }),
  }));

test('buckets are drawn as a heatmap, with their counts as a table', () =>
  withPage(graph({ end_input: new Date().toISOString().slice(0, 19) }), async (page) => {
    await page.getByRole('button', { name: 'Heatmap' }).click();
    await page.waitForURL(/g0\.display_mode=heatmap/);
    await eventually(async () => (await painted(page, '.heat-canvas')) > 10_000, true);
    const canvas = await page.locator('.heat-canvas').boundingBox();
    await page.mouse.move(canvas.x + canvas.width * 0.6, canvas.y + canvas.height * 0.75);
    await eventually(() => page.locator('.heat .tooltip').innerText(), /\d\d:\d\d:\d\d UTC\s+0\.05 – 0\.1 [\d.]+$/);
    await page.getByText('Buckets as a table').click();
    const table = page.getByRole('region', { name: 'Buckets' });
    await eventually(() => table.locator('thead th').allInnerTexts().then((texts) => texts.join('|')), 'Time|0 – 0.05|0.05 – 0.1|0.1 – 0.25|0.25 – 0.5|0.5 – 1|above 1');

    // One row against the server's own answer.
    const [at, ...shown] = await table.locator('tbody tr').nth(5).locator('td').allInnerTexts();
    const { result } = await ask(`query?query=${encodeURIComponent(BUCKETS)}&time=${at.replace(' ', 'T')}Z`);
    const below = new Map(result.map(({ metric, value }) => [metric.le, Number(value[1])]));
    const bounds = ['0.05', '0.1', '0.25', '0.5', '1', '+Inf'];
    const expected = bounds.map((le, i) => below.get(le) - (below.get(bounds[i - 1]) ?? 0));
    shown.forEach((count, i) => assert.ok(Math.abs(Number(count) - expected[i]) < 0.01, `${shown} instead of ${expected}`));
    await accessible(page);
  }, { prepare: (page) => page.addInitScript(() => localStorage.setItem('argand.zone', 'utc')) }));

test('native histograms are a heatmap on the graph and bars in the table', async () => {
  const expr = `shop_payment_duration_seconds{job="${JOB}"}`;
  await withPage(panel({ expr, tab: 'graph', range_input: '6m', display_mode: 'lines' }), async (page) => {
    await page.getByText('1 series hold native histograms,').waitFor();
    await page.getByRole('button', { name: 'Heatmap' }).click();
    await eventually(async () => (await painted(page, '.heat-canvas')) > 10_000, true);
    await page.getByText('Buckets as a table').click();
    await eventually(() => page.getByRole('region', { name: 'Buckets' }).locator('thead th').count(), 14);
  });
  await withPage(panel({ expr, tab: 'table' }), async (page) => {
    const [{ histogram: [, { buckets }] }] = (await ask(`query?query=${encodeURIComponent(expr)}`)).result;
    await eventually(() => page.locator('.histogram rect').count(), buckets.length);
    await eventually(() => page.locator('.histogram li').count(), buckets.length);
    await eventually(() => page.locator('.histogram li').first().innerText(), /^\[-1\.00e-128, 1\.00e-128\]\s+60$/);
    await accessible(page);
  });
});

test('a heatmap of what has no buckets says how to have some', () =>
  withPage(panel({ expr: 'up', tab: 'graph', display_mode: 'heatmap' }), async (page) => {
    await page.getByText('No histogram is in this answer.').waitFor();
  }));

test('a panel marks exemplars of its queries once, and lists them', () =>
  withPage('d/latencies', async (page) => {
    const graph = page.getByRole('region', { name: 'How long requests take' });
    await eventually(async () => (await graph.locator('.exemplar').count()) > 50, true);
    await graph.locator('.exemplar').last().hover();
    await eventually(() => graph.locator('.exemplar-box').innerText(), /Exemplar [\d.]+ m?s[\s\S]*trace_id/);
    await accessible(page);
    await page.mouse.move(5, 5);
    await graph.getByRole('button', { name: /^Menu of/ }).click();
    await graph.getByRole('button', { name: 'Show as table' }).click();
    await graph.getByLabel('Table', { exact: true }).selectOption('Exemplars');
    await graph.getByRole('columnheader', { name: 'trace_id' }).waitFor();
    // Both of its queries ask for the same series.
    const rows = await graph.locator('.dash-table tbody tr').allInnerTexts();
    assert.ok(rows.length > 3, rows.join());
    assert.equal(new Set(rows).size, rows.length, rows.join('\n'));
  }));

test('a press on a point of a graph opens its links, a drag does not', () =>
  withPage('d/latencies', async (page) => {
    await until(page, () => (window.argandPanels?.[1]?.times.length ?? 0) > 10 && document.querySelector('.dash-plot .u-over'));
    const over = await page.locator('.dash-plot .u-over').boundingBox();
    await page.mouse.move(over.x + over.width * 0.6, over.y + 100);
    await page.mouse.down();
    await page.mouse.up();
    const menu = page.locator('.dash-point-menu');
    const [own, outside] = [menu.getByRole('link').nth(0), menu.getByRole('link').nth(1)];
    await eventually(() => own.innerText(), /^Requests of \/(cart|pay)$/);
    const path = (await own.innerText()).slice('Requests of '.length);
    const url = new URL(await outside.getAttribute('href'));
    assert.match(url.searchParams.get('name'), new RegExp(`^p(90|50) ${path}$`));
    const [name, value] = /^(.*): ([\d.]+)$/.exec(await outside.innerText()).slice(1);
    assert.equal(url.searchParams.get('name'), name);
    assert.equal(url.searchParams.get('value'), value);
    // The value and its moment are the ones that are drawn.
    const drawn = await page.evaluate(([wanted, at]) => {
      const { times, names, columns } = window.argandPanels[1];
      return columns[names.indexOf(wanted)][times.indexOf(at / 1000)];
    }, [name, Number(url.searchParams.get('at'))]);
    assert.equal(String(drawn), value);
    await accessible(page);
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'detached' });

    await page.mouse.move(over.x + over.width * 0.4, over.y + 100);
    await page.mouse.down();
    await page.mouse.move(over.x + over.width * 0.9, over.y + 110, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+/);
    assert.equal(await menu.count(), 0);
  }));

test('the links of a point are reached by the keyboard', () =>
  withPage('d/latencies', async (page) => {
    await until(page, () => (window.argandPanels?.[1]?.times.length ?? 0) > 10 && document.querySelector('.dash-plot .u-over'));
    const button = page.getByRole('button', { name: 'Links of points' });
    await button.focus();
    const tooltip = page.locator('.dash-plot .dash-tooltip-time');
    await tooltip.waitFor();
    const last = await tooltip.innerText();
    await page.keyboard.press('ArrowLeft');
    await eventually(async () => (await tooltip.innerText()) < last, true);
    const moment = await tooltip.innerText();
    await page.keyboard.press('ArrowUp');
    await eventually(() => page.locator('.dash-plot .dash-tooltip-strong').innerText(), /^p90 \/pay/);
    await eventually(() => tooltip.innerText(), moment);
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate(() => document.activeElement.textContent), 'Requests of /pay');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/query\?g0\.expr=shop_request_duration_seconds_count/);
    await eventually(() => new URL(page.url()).searchParams.get('g0.expr'), 'shop_request_duration_seconds_count{path="/pay"}');
  }));

test('a heatmap panel draws native histograms by their buckets', () =>
  withPage('d/latencies', async (page) => {
    await eventually(async () => (await painted(page, '.heat-canvas')) > 5000, true);
    const heat = page.getByRole('region', { name: 'Native buckets' });
    await eventually(() => heat.locator('.axis-text').allTextContents().then((texts) => texts.includes('707 ms') && texts.includes('8 s')), true);
    const canvas = await heat.locator('.heat-canvas').boundingBox();
    await page.mouse.move(canvas.x + canvas.width * 0.5, canvas.y + canvas.height * 0.5);
    await eventually(() => heat.locator('.tooltip').innerText(), /[\d.]+ m?s – [\d.]+ m?s [\d.]+$/);
  }));

test('pictures and their tables fit a phone', () =>
  withPage(graph({ display_mode: 'heatmap', show_exemplars: '1' }), async (page) => {
    await eventually(async () => (await page.locator('.exemplar').count()) > 0, true);
    await page.getByText('Buckets as a table').click();
    await page.locator('.exemplar').last().hover();
    await page.locator('.exemplar-box').waitFor();
    await accessible(page);
    await page.getByText('exemplars as a table').click();
    await page.getByRole('region', { name: 'Exemplars' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true);
  }, { viewport: { width: 360, height: 800 }, colorScheme: 'dark' }));
