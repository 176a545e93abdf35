// The query page, from typing to exporting.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ask, eventually, fulfil, panel, type, until, useBrowser, withPage } from './browser.mjs';

useBrowser();

const REFUSED = /status of 4\d\d/;

test('Enter runs the expression and the table shows its values', () =>
  withPage('query', async (page) => {
    await type(page, 'up');
    await page.keyboard.press('Enter');
    await page.locator('.result-table tbody tr').first().waitFor();
    const values = await page.locator('.result-table td.number').allInnerTexts();
    assert.equal(values.length, (await ask('query?query=up')).result.length);
    assert.ok(values.every((value) => value === '0' || value === '1'), values.join());
    await eventually(() => page.url(), /g0\.expr=up&g0\.tab=table/);
    await eventually(() => page.locator('.statistics').innerText(), /series.*ms/s);
  }));

test('Shift+Enter breaks the line and does not run', () =>
  withPage('query', async (page) => {
    await type(page, 'up');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('> 0');
    await eventually(() => page.locator('.cm-line').count(), 2);
    assert.doesNotMatch(page.url(), /g0\.expr/);
  }));

for (const [what, typed, offered] of [
  ['a metric', 'scrape_dura', 'scrape_duration_seconds'],
  ['a function', 'label_repl', 'label_replace'],
  ['a label', 'up{jo', 'job'],
]) {
  test(`the editor offers ${what}`, () =>
    withPage('query', async (page) => {
      await page.locator('.expression-editor .cm-content').click();
      await page.keyboard.type(typed);
      await page.locator('.cm-tooltip-autocomplete li', { hasText: offered }).first().waitFor();
    }));
}

test('Enter takes an offered completion before it runs anything', () =>
  withPage('query', async (page) => {
    await page.locator('.expression-editor .cm-content').click();
    await page.keyboard.type('scrape_dura');
    await page.locator('.cm-tooltip-autocomplete li[aria-selected]').waitFor();
    await page.waitForTimeout(200);
    await page.keyboard.press('Enter');
    await page.locator('.cm-line', { hasText: 'scrape_duration_seconds' }).waitFor();
    assert.doesNotMatch(page.url(), /g0\.expr/);
    await page.keyboard.press('Enter');
    await page.locator('.result-table tbody tr').first().waitFor();
  }));

test('a syntax error says where it is', () =>
  withPage(panel({ expr: 'sum(up) by by' }), async (page) => {
    const text = await page.getByRole('alert').innerText();
    assert.match(text, /Syntax error at line 1, column \d+:/);
    assert.match(text, /sum\(up\) by by\n\s+▲/);
  }, { allow: REFUSED }));

test('the graph paints the series that it was answered', () =>
  withPage(panel({ expr: 'up', tab: 'graph', range_input: '5m', step_input: '1s' }), async (page) => {
    await until(page, () => document.querySelector('.plot canvas') && window.argandGraphs?.[0]);
    const drawn = await page.evaluate(() => window.argandGraphs[0]);
    assert.equal(drawn.times.length, 301);
    assert.equal(drawn.names.length, (await ask('query?query=up')).result.length);
    assert.ok(drawn.columns.every((column) => column.some((value) => value === 0 || value === 1)));
    await eventually(async () => (await paintedPixels(page)) > 50, true);
  }));

test('an empty graph paints nothing, so that the count above means something', () =>
  withPage(panel({ expr: 'up * NaN', tab: 'graph', range_input: '5m' }), async (page) => {
    await until(page, () => document.querySelector('.plot canvas'));
    await eventually(() => paintedPixels(page), 0);
  }));

test('hovering shows time, value and labels; a press on a name shows it alone', () =>
  withPage(panel({ expr: 'up', tab: 'graph', range_input: '10s', step_input: '1s' }), async (page) => {
    await until(page, () => document.querySelector('.plot canvas'));
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width - 2, box.y + 20);
    await page.locator('.tooltip', { hasText: 'job' }).waitFor();
    await eventually(() => page.locator('.tooltip').innerText(), /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0\d:00[\s\S]*up/);

    const names = page.locator('.legend li button');
    const count = await names.count();
    await names.nth(0).click();
    await until(page, () => window.argandGraphs[0].columns.length === 1);
    await eventually(() => page.locator('.legend [aria-pressed="true"]').count(), 1);
    await names.nth(0).click();
    await until(page, (n) => window.argandGraphs[0].columns.length === n, count);
    if (count > 1) {
      await names.nth(0).click({ modifiers: ['Control'] });
      await until(page, (n) => window.argandGraphs[0].columns.length === n - 1, count);
    }
  }));

test('dragging in the graph zooms, and the browser goes back', () =>
  withPage(panel({ expr: 'up', tab: 'graph', range_input: '1h' }), async (page) => {
    await until(page, () => document.querySelector('.plot canvas'));
    const before = page.url();
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 80, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/g0\.end_input=/);
    await eventually(() => page.getByRole('textbox', { name: 'Range' }).inputValue(), /^(29m|30m)/);
    await page.goBack();
    await eventually(() => page.url(), before);
    await until(page, () => document.querySelector('.field-range').value === '1h');
  }));

test('a link reproduces the view', () =>
  withPage(panel({ expr: 'up', tab: 'graph' }), async (page) => {
    await page.getByRole('button', { name: 'Stacked' }).click();
    await page.getByRole('button', { name: 'Wider range' }).click();
    await page.getByRole('textbox', { name: 'Resolution' }).fill('1m');
    await page.getByRole('textbox', { name: 'Resolution' }).press('Enter');
    await page.getByRole('button', { name: 'End time: earlier' }).click();
    await page.waitForURL(/end_input/);
    const shown = await controls(page);
    const link = new URL(page.url());
    assert.equal(link.searchParams.get('g0.range_input'), '2h');
    assert.equal(link.searchParams.get('g0.step_input'), '60');
    assert.equal(link.searchParams.get('g0.display_mode'), 'stacked');
    assert.equal(link.searchParams.get('g0.moment_input'), link.searchParams.get('g0.end_input'));
    await withPage(`query${link.search}`, async (other) => {
      await other.locator('.field-range').waitFor();
      assert.deepEqual(await controls(other), shown);
    });
  }));

test('the older addresses lead to the same place', async () => {
  for (const [path, tab] of [
    ['graph?g0.expr=up&g0.tab=1', 'Table'],
    ['graph?g0.expr=up&g0.tab=0', 'Graph'],
    ['graph?g0.expr=up&g0.tab=0&g0.stacked=1&g0.range_input=6h', 'Graph'],
    ['', 'Table'],
  ]) {
    await withPage(path, async (page) => {
      await page.waitForURL(/\/query/);
      const pressed = page.locator('.tabs [aria-pressed="true"]');
      await eventually(() => pressed.innerText(), tab, path);
      if (!path.includes('stacked')) return;
      await eventually(() => page.getByRole('textbox', { name: 'Range' }).inputValue(), '6h');
      await eventually(() => page.locator('.choice [aria-pressed="true"]').innerText(), 'Stacked');
    });
  }
});

test('panels come and go, each with its own answer', () =>
  withPage(panel({ expr: 'vector(1)' }), async (page) => {
    await page.getByRole('button', { name: 'Add a panel' }).click();
    await page.locator('.expression-editor .cm-content').nth(1).waitFor();
    await type(page, 'vector(2)', 1);
    await page.keyboard.press('Enter');
    await until(page, () => document.querySelectorAll('.result-table').length === 2);
    await page.getByRole('button', { name: 'Remove panel 1' }).click();
    await until(page, () => document.querySelectorAll('.panel').length === 1);
    await eventually(() => page.locator('.result-table td.number').innerText(), '2');
    assert.equal(new URL(page.url()).searchParams.get('g0.expr'), 'vector(2)');
  }));

test('the answer is saved as CSV', () =>
  withPage(panel({ expr: 'label_replace(vector(1.5), "a", "x,\\"y", "", "")' }), async (page) => {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save CSV' }).click();
    const text = await readFile(await (await coming).path(), 'utf8');
    assert.match(text, /^a,time,value\r\n"x,""y",\d{4}-\d\d-\d\dT[\d:.]+Z,1\.5\r\n$/);
  }));

test('metrics can be browsed and put into the expression', () =>
  withPage('query', async (page) => {
    await page.locator('.cm-content').waitFor();
    await page.getByRole('button', { name: 'Browse metrics' }).click();
    await page.getByRole('searchbox').fill('scrape_samples_scraped');
    await page.locator('.pick-list button', { hasText: 'scrape_samples_scraped' }).click();
    await page.locator('.cm-line', { hasText: 'scrape_samples_scraped' }).waitFor();
  }));

test('what was run is remembered', () =>
  withPage('query', async (page) => {
    await type(page, 'vector(41)');
    await page.keyboard.press('Enter');
    await page.locator('.result-table').waitFor();
    await page.reload();
    await page.goto(page.url().replace(/\?.*/, ''));
    await page.getByRole('button', { name: 'History of queries' }).click();
    await page.locator('.pick-list button', { hasText: 'vector(41)' }).click();
    await page.locator('.result-table').waitFor();
    await eventually(() => page.locator('.result-table td.number').innerText(), '41');
  }));

test('times are shown in local time or UTC', () =>
  withPage(panel({ expr: 'time()', moment_input: '2026-01-02 03:04:05' }), async (page) => {
    const field = page.getByRole('textbox', { name: 'Evaluation time' });
    await eventually(() => field.inputValue(), '2026-01-02 04:04:05');
    await page.getByRole('button', { name: 'Local time' }).click();
    await eventually(() => field.inputValue(), '2026-01-02 03:04:05');
    await eventually(() => page.locator('.result-table td.number').innerText(), '1767323045');
  }));

test('warnings and infos of an answer are shown', () =>
  withPage(panel({ expr: 'up' }), async (page) => {
    await page.getByText('something is odd').waitFor();
    await page.getByText('by the way').waitFor();
  }, {
    prepare: (page) =>
      page.route('**/api/v1/query', (route) =>
        route.fulfill({
          json: { status: 'success', data: oneSeries(), warnings: ['something is odd'], infos: ['by the way'] },
        }),
      ),
  }));

function oneSeries() {
  return { resultType: 'vector', result: [{ metric: { __name__: 'up' }, value: [1_700_000_000, '1'] }] };
}

/** Pixels of the plot in a colour: text, axes and grid are nearly grey. */
function paintedPixels(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector('.plot canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let painted = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b, alpha] = data.subarray(i, i + 4);
      if (alpha > 128 && Math.max(r, g, b) - Math.min(r, g, b) > 60) painted += 1;
    }
    return painted;
  });
}

async function controls(page) {
  await page.locator('.cm-line').first().waitFor();
  return {
    expr: await page.locator('.cm-line').allInnerTexts(),
    fields: await page.locator('.controls input').evaluateAll((all) => all.map(({ value }) => value)),
    pressed: await page.locator('.panel-bar [aria-pressed="true"]').allInnerTexts(),
  };
}
