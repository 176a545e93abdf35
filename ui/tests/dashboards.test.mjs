// Dashboards, from the list to saving one.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ask, eventually, fulfil, SERVER, until, useBrowser, withPage } from './browser.mjs';

useBrowser();

const ALL = 'd/every-kind/every-kind-of-panel';

/** The panel that has a title. */
const panel = (page, title) => page.locator('.dash-panel', { has: page.locator('h2', { hasText: new RegExp(`^${title}$`) }) });

/** What a graph draws, by its panel's number. */
const drawn = (page, id) => page.evaluate((key) => window.argandPanels?.[key], id);

async function choose(page, title, item) {
  await panel(page, title).hover();
  await page.getByRole('button', { name: `Menu of ${title}` }).click();
  await page.getByRole('button', { name: item, exact: true }).click();
}

test('the list has folders, tags and a search', () =>
  withPage('dashboards', async (page) => {
    await page.locator('.dash-folder li').first().waitFor();
    const { dashboards } = await ask('dashboards');
    await eventually(() => page.locator('.dash-folder li').count(), dashboards.length);
    await page.getByRole('button', { name: /^node/ }).click();
    await eventually(() => page.locator('.dash-folder li').count(), dashboards.filter(({ tags }) => tags.includes('node')).length);
    await eventually(() => page.url(), /tag=node/);
    await page.getByRole('searchbox').fill('nothing like this');
    await page.getByText('Nothing matches.').waitFor();
    await page.goto(`${SERVER}/dashboards?search=older`);
    await page.getByRole('link', { name: 'Rows of an older time' }).click();
    await page.getByRole('heading', { name: 'Rows of an older time' }).waitFor();
    await eventually(() => new URL(page.url()).pathname, '/d/older/rows-of-an-older-time');
  }));

test('a dashboard of an older schema is shown, with what is not as meant', () =>
  withPage('d/older', async (page) => {
    await until(page, () => (window.argandPanels?.[1]?.times.length ?? 0) > 1);
    const { names } = await drawn(page, 1);
    assert.deepEqual([...names].sort(), ['argand', 'closed', 'node']);
    await eventually(() => panel(page, 'Sum').locator('.dash-tile-value').innerText(), '2');
  }));

test('every kind of panel shows what its queries found', () =>
  withPage(ALL, async (page) => {
    const seen = async (title, part) => {
      await panel(page, title).scrollIntoViewIfNeeded();
      await panel(page, title).locator(part).first().waitFor();
    };
    for (const [title, part] of [
      ['Targets up', '.dash-spark'], ['By job', '.dash-tile-value'], ['Memory used', 'svg[role=img] path'], ['Read me', '.dash-text li'],
      ['CPU by mode', '.dash-legend-table tbody tr'], ['Memory and load', 'canvas'], ['Network bars', 'canvas'], ['Scrape time', '.dash-bar-value'],
      ['Series by job', '.dash-slice'], ['Filesystems', '.dash-cell-gauge'], ['Up', '.dash-states rect'], ['Request duration', '.heat-canvas'],
      ['Scrape durations', 'rect'], ['Samples', 'rect'], ['History', '.dash-states rect'], ['Alerts', '.mark'], ['Others', 'a'], ['World map', '.dash-table tbody tr'],
    ]) {
      await seen(title, part).catch((error) => assert.fail(`${title}: ${error.message}`));
    }
    await panel(page, 'By job').scrollIntoViewIfNeeded();
    await eventually(() => panel(page, 'By job').locator('.dash-tile-value').allInnerTexts().then((texts) => texts.toSorted().join()), 'Down,Up,Up');
    await panel(page, 'Logs').scrollIntoViewIfNeeded();
    await panel(page, 'Logs').getByText('Logs are not available yet').waitFor();
    await panel(page, 'Broken query').scrollIntoViewIfNeeded();
    await panel(page, 'Broken query').getByText('parse error').waitFor();
    await panel(page, 'World map').getByRole('button', { name: /not shown as meant/ }).click();
    await panel(page, 'World map').getByText('geomap').last().waitFor();
  }));

test('only panels that are seen ask, all together', () =>
  withPage('d/many', async (page) => {
    await until(page, () => Object.keys(window.argandPanels ?? {}).length >= 8);
    await page.waitForTimeout(300);
    const first = asked.flat().length;
    assert.ok(first >= 8 && first < 40, `${first} of 100 panels asked`);
    assert.ok(asked.length <= 4, `${asked.length} requests`);
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await panel(page, 'Panel 99').locator('canvas').waitFor();
    await until(page, () => !('1' in (window.argandPanels ?? {})));
    assert.ok(asked.flat().length < 80, `${asked.flat().length} panels asked`);
  }, {
    prepare: async (page) => {
      asked.length = 0;
      await page.route('**/api/v1/dashboards/many', (route) => fulfil(route, manyPanels()));
      page.on('request', (request) => {
        if (request.url().endsWith('/batch')) asked.push(request.postDataJSON().queries);
      });
    },
  }));

const asked = [];

test('a table of many rows draws those that are seen, sorts, and follows links', () =>
  withPage('d/rows', async (page) => {
    const table = page.locator('.dash-table table');
    await table.locator('tbody tr').first().waitFor();
    const rows = Number(await table.getAttribute('aria-rowcount'));
    assert.ok(rows > 400, `${rows} rows`);
    assert.ok((await table.locator('tbody tr').count()) < 100);
    await page.getByRole('columnheader', { name: '__name__' }).getByRole('button').click();
    await table.locator('th[aria-sort="ascending"]').waitFor();
    const names = await table.locator('tbody tr td:nth-child(2)').allInnerTexts();
    const { compare } = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
    assert.deepEqual(names, names.toSorted(compare));
    assert.ok(new Set(names).size > 5, names.join());
    await page.locator('.dash-table').evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await table.locator(`tbody tr[aria-rowindex="${rows}"]`).waitFor();
    await table.locator('tbody a').last().click();
    await page.waitForURL(/\/query\?g0\.expr=up/);
    await page.locator('.cm-content').waitFor();
  }, {
    prepare: (page) => page.route('**/api/v1/dashboards/rows', (route) => {
      const model = manyPanels();
      const links = [{ title: 'Ask', url: '/query?g0.expr=up', newTab: false }];
      const [first] = model.panels;
      const query = { ...first.queries[0], expr: '{__name__=~".+"}', instant: true, range: false, format: 'table' };
      const panel = { ...first, kind: 'table', place: { x: 0, y: 0, w: 24, h: 12 }, queries: [query], fieldConfig: { defaults: { links }, overrides: [] } };
      return fulfil(route, { ...model, panels: [panel] });
    }),
  }));

test('a refresh asks for new steps only', () =>
  withPage(`${ALL}?refresh=2s&viewPanel=8`, async (page) => {
    const next = () => page.waitForRequest((request) => request.url().endsWith('/batch') && request.postData().includes('receive'));
    await until(page, () => (window.argandPanels?.[8]?.times.length ?? 0) > 1);
    const spans = (await next()).postDataJSON().queries.filter(({ kind, expr }) => kind === 'range' && expr.includes('receive')).map(({ start, end }) => end - start);
    assert.ok(spans[0] < 120, `${spans} of 900 seconds`);
    const before = (await drawn(page, 8)).times.at(-1);
    await until(page, (last) => (window.argandPanels?.[8]?.times.at(-1) ?? 0) > last, before);
    const { times } = await drawn(page, 8);
    assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b));
  }));

test('a panel that cannot be drawn says so and leaves the others alone', () =>
  withPage('d/odd', async (page) => {
    await panel(page, 'Panel 0').getByText('This panel could not be drawn').waitFor();
    await panel(page, 'Panel 1').locator('canvas').waitFor();
  }, {
    prepare: (page) => page.route('**/api/v1/dashboards/odd', (route) => {
      const model = manyPanels();
      const [odd, sound] = model.panels;
      return fulfil(route, { ...model, panels: [{ ...odd, options: { legend: { show: true } } }, sound] });
    }),
  }));

test('variables depend on each other, and live in the address', () =>
  withPage(ALL, async (page) => {
    const instance = page.getByRole('combobox', { name: 'Instance' });
    await instance.waitFor();
    const before = await instance.locator('option').count();
    await page.getByRole('button', { name: /^job: All/ }).click();
    await page.getByRole('checkbox', { name: 'closed' }).check();
    await page.keyboard.press('Escape');
    await page.waitForURL(/var-job=closed/);
    await eventually(() => instance.locator('option').count().then((count) => count < before), true);
    await eventually(() => page.locator('.dash-row', { hasText: 'Repeated' }).locator('.dash-panel').count(), 1);
    await eventually(() => panel(page, 'Read me').locator('b').innerText(), 'closed');
    await page.goto(`${SERVER}/${ALL}?var-job=argand&var-job=node`);
    await page.getByRole('button', { name: 'job: argand, node' }).waitFor();
    await eventually(() => page.locator('.dash-row', { hasText: 'Repeated' }).locator('.dash-panel').count(), 2);
    await page.goBack();
    await page.getByRole('button', { name: /^job: closed/ }).waitFor();
  }));

test('filters are put into every query', () =>
  withPage(`${ALL}?var-filters=job%7C%3D%7Cnode`, async (page) => {
    await page.getByRole('button', { name: 'Remove the filter job = node' }).waitFor();
    await eventually(() => panel(page, 'Targets up').locator('.dash-tile-value').innerText(), '1');
    await page.getByRole('button', { name: 'Remove the filter job = node' }).click();
    await eventually(() => panel(page, 'Targets up').locator('.dash-tile-value').innerText(), '2');
  }));

test('the time is picked, shifted and zoomed, and stays in the address', () =>
  withPage(ALL, async (page) => {
    await page.getByRole('button', { name: 'Time range: Last 15 minutes' }).click();
    await page.getByRole('button', { name: 'Last 5 minutes' }).click();
    await page.waitForURL(/from=now-5m&to=now/);
    await page.getByRole('button', { name: 'Earlier' }).click();
    await page.waitForURL(/from=\d{13}&to=\d{13}/);
    await page.goBack();
    await until(page, () => (window.argandPanels?.[7]?.times.length ?? 0) > 1);
    await panel(page, 'Memory and load').scrollIntoViewIfNeeded();
    const box = await panel(page, 'Memory and load').locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await panel(page, 'Memory and load').locator('.dash-tooltip, .u-cursor-x').first().waitFor();
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{13}&to=\d{13}/);
    const { searchParams } = new URL(page.url());
    const span = Number(searchParams.get('to')) - Number(searchParams.get('from'));
    assert.ok(span > 60_000 && span < 120_000, `${span} ms of 300,000`);
  }));

test('hovering shows values here and the moment everywhere', () =>
  withPage(`${ALL}?from=now-1m&to=now`, async (page) => {
    await until(page, () => (window.argandPanels?.[7]?.times.length ?? 0) > 1 && (window.argandPanels?.[6]?.times.length ?? 0) > 1);
    const box = await panel(page, 'Memory and load').locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width - 30, box.y + 40);
    await eventually(() => panel(page, 'Memory and load').locator('.dash-tooltip').innerText(), /\d\d:\d\d:\d\d [\s\S]*(available|load)/);
    await until(page, () => [...document.querySelectorAll('.dash-plot .u-cursor-x')].filter((line) => !line.classList.contains('u-off')).length >= 2);
  }));

test('a legend\'s name alone, and back', () =>
  withPage(ALL, async (page) => {
    await until(page, () => window.argandPanels?.[7]?.names.length === 2);
    await panel(page, 'Memory and load').getByRole('button', { name: 'load', exact: true }).click();
    await until(page, () => window.argandPanels?.[7]?.names.length === 1);
    await panel(page, 'Memory and load').getByRole('button', { name: 'load', exact: true }).click();
    await until(page, () => window.argandPanels?.[7]?.names.length === 2);
  }));

test('rows fold, panels are seen alone, and keys do what users know', () =>
  withPage(ALL, async (page) => {
    await page.getByRole('button', { name: /^Closed row/ }).click();
    await eventually(() => panel(page, 'Inside').locator('.dash-tile-value').innerText(), '42');
    await page.getByRole('button', { name: 'CPU and memory' }).click();
    await eventually(() => panel(page, 'CPU by mode').count(), 0);
    await panel(page, 'Targets up').hover();
    await page.keyboard.press('v');
    await page.waitForURL(/viewPanel=1/);
    await eventually(() => page.locator('.dash-panel').count(), 1);
    await page.keyboard.press('Escape');
    await eventually(() => page.locator('.dash-panel').count().then((count) => count > 5), true);
    await page.keyboard.press('d');
    await page.keyboard.press('k');
    await page.waitForURL(/kiosk/);
    await page.locator('.header').waitFor({ state: 'hidden' });
    await page.keyboard.press('Escape');
    await page.locator('.header').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /A page/ }).fill('older time');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Rows of an older time' }).waitFor();
  }));

test('a chart is a table too, with its data as CSV and its queries as run', () =>
  withPage(ALL, async (page) => {
    await panel(page, 'Memory and load').locator('canvas').waitFor();
    await choose(page, 'Memory and load', 'Show as table');
    await panel(page, 'Memory and load').getByRole('columnheader', { name: /available/ }).waitFor();
    await choose(page, 'Memory and load', 'Show as chart');
    await panel(page, 'Memory and load').locator('canvas').waitFor();
    await choose(page, 'CPU by mode', 'Inspect data');
    const dialog = page.getByRole('dialog', { name: 'Data of CPU by mode' });
    const coming = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Save CSV' }).click();
    const text = await readFile(await (await coming).path(), 'utf8');
    assert.match(text, /^Time,(\w+,)*\w+\r\n\d{4}-\d\d-\d\dT/);
    await dialog.getByRole('button', { name: 'Queries' }).click();
    await eventually(() => dialog.locator('.dash-queries pre').innerText(), /rate\(node_cpu_seconds_total\[\d+m?s?\]\)/);
    await page.keyboard.press('Escape');
    await choose(page, 'CPU by mode', 'Explore its queries');
    await page.waitForURL(/\/query\?g0\.expr=sum/);
  }));

test('a picture is saved', () =>
  withPage(ALL, async (page) => {
    await panel(page, 'Memory and load').locator('canvas').waitFor();
    const coming = page.waitForEvent('download');
    await choose(page, 'Memory and load', 'Save as PNG');
    const bytes = await readFile(await (await coming).path());
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    assert.ok(bytes.length > 5000, `${bytes.length} bytes`);
  }));

test('a panel is edited, saved, and taken back', async () => {
  const document = {
    uid: 'edited', title: 'To be edited', schemaVersion: 39, kept: { as: 'it is' },
    panels: [{ id: 1, type: 'stat', title: 'Before', gridPos: { x: 0, y: 0, w: 12, h: 6 }, targets: [{ refId: 'A', expr: 'vector(7)' }], fieldConfig: { defaults: {}, overrides: [] }, options: {} }],
  };
  const put = await fetch(`${SERVER}/api/v1/dashboards/edited`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(document) });
  assert.equal(put.status, 200, await put.text());
  await withPage('d/edited', async (page) => {
    await eventually(() => panel(page, 'Before').locator('.dash-tile-value').innerText(), '7');
    await choose(page, 'Before', 'Edit');
    const dialog = page.getByRole('dialog', { name: 'Edit Before' });
    await dialog.getByRole('textbox', { name: 'Title' }).fill('After');
    await dialog.getByRole('combobox', { name: 'Unit' }).fill('bytes');
    await dialog.getByRole('textbox', { name: 'Query A: Enter runs it' }).fill('vector(2048)');
    await page.keyboard.press('Enter');
    await eventually(() => dialog.locator('.dash-tile-value').innerText(), '2 KiB');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await eventually(() => panel(page, 'After').locator('.dash-tile-value').innerText(), '2 KiB');
    const saved = await (await fetch(`${SERVER}/api/v1/dashboards/edited/source`)).json();
    assert.deepEqual([saved.kept, saved.panels[0].targets[0].expr, saved.panels[0].fieldConfig.defaults.unit], [{ as: 'it is' }, 'vector(2048)', 'bytes']);
    await page.getByRole('button', { name: 'Menu of the dashboard' }).click();
    await page.getByRole('button', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Take back' }).first().click();
    await panel(page, 'Before').waitFor();
  });
});

test('a dashboard that is not there says so', () =>
  withPage('d/nowhere', async (page) => {
    await page.getByText('There is no such dashboard.').waitFor();
  }, { allow: /404/ }));

function manyPanels() {
  const query = (i) => ({
    refId: 'A', expr: `vector(${i})`, legendFormat: '', format: 'time_series', instant: false, range: true, hide: false, exemplar: false, interval: '', intervalFactor: 1, signal: 'metrics',
  });
  const panels = Array.from({ length: 100 }, (_, i) => ({
    id: i + 1, kind: 'timeseries', givenKind: 'timeseries', title: `Panel ${i}`, description: '', transparent: false, place: { x: (i % 4) * 6, y: Math.floor(i / 4) * 7, w: 6, h: 7 },
    collapsed: false, panels: [], repeat: null, queries: [query(i)], interval: '', maxDataPoints: null, timeFrom: '', timeShift: '', hideTimeOverride: false, links: [],
    transformations: [], fieldConfig: { defaults: {}, overrides: [] }, options: {}, problems: [],
  }));
  return {
    uid: 'many', title: 'A hundred panels', description: '', tags: [], folder: '', timezone: 'utc', time: { from: 'now-1h', to: 'now' }, refresh: '', graphTooltip: 'none',
    links: [], variables: [], annotations: [], panels, problems: [],
  };
}
