// A dashboard that somebody else wrote, for another server: nothing of it is lost, and what cannot be
// shown says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, eventually, until, useBrowser, withPage } from './browser.mjs';

useBrowser();

const BOARD = 'd/borrowed/what-others-write';

/** The panel that has a title. */
const panel = (page, title) => page.locator('.dash-panel', { has: page.locator('h2', { hasText: new RegExp(`^${title}$`) }) });

test('panels show the results of others', () =>
  withPage(BOARD, async (page) => {
    await eventually(() => panel(page, 'Shown again').locator('.dash-tile-value').innerText(), '2');
    await eventually(() => panel(page, 'As it became').locator('.dash-bar-value').count(), 3);
    await eventually(() => panel(page, 'Asked once').locator('thead th').allInnerTexts().then((heads) => heads.join()), 'instance,job,State');
  }));

test('what is missing is zero, and only what is all zero is left out of the legend', () =>
  withPage(BOARD, async (page) => {
    await until(page, () => (window.argandPanels?.[4]?.times.length ?? 0) > 10);
    const { names, columns } = await page.evaluate(() => window.argandPanels[4]);
    const values = columns[names.indexOf('half of the time')];
    assert.deepEqual([...new Set(values.filter((value) => value !== undefined))].sort(), [0, 5]);
    assert.equal(names.length, 4);
    await eventually(() => panel(page, 'Zeros where nothing is').locator('.dash-legend-name').allInnerTexts().then((texts) => texts.join()), 'half of the time');
  }));

test('rows of an older table have the colour of their value, in its order', () =>
  withPage(BOARD, async (page) => {
    const table = panel(page, 'Rows with colours');
    await eventually(() => table.locator('thead th').allInnerTexts().then((heads) => heads.join().replaceAll(' ▲', '')), 'Job,State');
    await eventually(() => table.locator('tbody tr').count(), 3);
    const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => [row.cells[1].innerText, row.style.backgroundColor]));
    assert.deepEqual(rows, [['0', 'rgb(242, 73, 92)'], ['1', 'rgb(115, 191, 105)'], ['1', 'rgb(115, 191, 105)']]);
  }));

test('what is kept elsewhere says so, with what was asked', () =>
  withPage(BOARD, async (page) => {
    for (const [title, reason, query] of [
      ['Slow requests', /Traces are not available/, '{ duration > 2s && job = "node" }'],
      ['Lines', /Logs are not available/, '{job="node"} |= "error"'],
      ['Of a library', /kept in a library/, null],
    ]) {
      await panel(page, title).scrollIntoViewIfNeeded();
      await panel(page, title).getByText(reason).waitFor();
      if (query) await eventually(() => panel(page, title).locator('pre').innerText(), query);
    }
  }));

test('closed rows repeat, and each opens to panels of its own', () =>
  withPage(BOARD, async (page) => {
    const rows = page.locator('.dash-row');
    await eventually(() => rows.locator('h2 button').allInnerTexts().then((texts) => texts.map((text) => text.trim().split(/\s+/)[1]).join()), 'argand,closed,node');
    assert.equal(await rows.locator('.dash-panel').count(), 0);
    await page.getByRole('button', { name: /^Closed closed/ }).click();
    await panel(page, 'Targets of closed').locator('.dash-tile-value').waitFor();
    assert.equal(await rows.locator('.dash-panel').count(), 2);
    await eventually(() => panel(page, 'An hour ago').locator('.dash-own-time').innerText(), /last 5m shifted by 1h/);
  }));

test('times are those of the document\'s zone, until the reader wants UTC', () =>
  withPage(`${BOARD}?from=1767225600000&to=1767232800000`, async (page) => {
    await page.getByRole('button', { name: /Time range: 2026-01-01 05:30:00 to 2026-01-01 07:30:00/ }).waitFor();
    await page.getByText('Asia/Kolkata').waitFor();
    await page.getByRole('button', { name: /Local time/ }).click();
    await page.getByRole('button', { name: /Time range: 2026-01-01 00:00:00 to 2026-01-01 02:00:00/ }).waitFor();
  }));

test('no panel covers another one, and everybody can read it', () =>
  withPage(BOARD, async (page) => {
    await panel(page, 'Rows with colours').locator('tbody tr').first().waitFor();
    const boxes = await page.locator('.dash-grid').first().locator('.dash-panel').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
    for (const a of boxes) {
      const over = boxes.filter((b) => b !== a && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);
      assert.deepEqual(over, [], JSON.stringify(a));
    }
    await accessible(page);
  }));
