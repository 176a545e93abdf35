// The targets page. The server must scrape one target that answers and one that does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, eventually, useBrowser, withPage } from './browser.mjs';

useBrowser();

test('targets that are up and down are told apart, with the error in full', async () => {
  const { activeTargets } = await ask('targets?state=active');
  const down = activeTargets.find(({ health }) => health === 'down');
  assert.ok(down, 'the tests need a target that is down');
  await withPage('targets', async (page) => {
    await page.locator('.target-table .mark-up', { hasText: 'Up' }).first().waitFor();
    await page.locator('.target-table .mark-down', { hasText: 'Down' }).first().waitFor();
    const errors = await page.locator('.target-error').allInnerTexts();
    assert.ok(errors.some((text) => text.includes(down.lastError)), errors.join('\n'));
    const pool = page.locator('.pool', { has: page.getByText(down.scrapePool, { exact: true }) });
    assert.match(await pool.locator('.pool-head').innerText(), /\d+ \/ \d+ up/);
  });
});

test('filters narrow the list and live in the address', () =>
  withPage('targets', async (page) => {
    await page.locator('.target-table').first().waitFor();
    await page.getByRole('group', { name: 'State' }).getByRole('button', { name: 'Down' }).click();
    await page.waitForURL(/health=down/);
    await eventually(() => page.locator('.target-table .mark-up').count(), 0);
    await page.locator('.target-table .mark-down').first().waitFor();
    await page.getByRole('searchbox').fill('no such thing anywhere');
    await page.getByText('No target passes the filter.').waitFor();
    await page.getByRole('button', { name: /Show all/ }).click();
    await page.locator('.target-table .mark-up').first().waitFor();
  }));

test('a link to one job shows that job alone', async () => {
  const { activeTargets } = await ask('targets?state=active');
  const { scrapePool } = activeTargets[0];
  await withPage(`targets?pool=${encodeURIComponent(scrapePool)}`, async (page) => {
    await page.locator('.pool').first().waitFor();
    assert.deepEqual(await page.locator('.pool-name').allInnerTexts(), [scrapePool]);
  });
});

test('a job folds, and a target shows what discovery knew of it', () =>
  withPage('targets', async (page) => {
    await page.getByRole('button', { name: 'Show discovered labels' }).first().click();
    await page.locator('.labels-plain', { hasText: '__address__' }).waitFor();
    const pool = page.locator('.pool').first();
    await pool.locator('.pool-head button').click();
    await eventually(() => pool.locator('.target-table').count(), 0);
    await eventually(() => pool.locator('.pool-head button').getAttribute('aria-expanded'), 'false');
  }));

test('dropped targets are listed with their discovered labels', async () => {
  const { droppedTargets } = await ask('targets?state=dropped');
  await withPage('targets?state=dropped', async (page) => {
    if (!droppedTargets?.length) {
      await page.getByText('No dropped target to show.').waitFor();
      return;
    }
    await page.locator('.dropped', { hasText: '__address__' }).first().waitFor();
  });
});

test('relabelling is shown step by step', () =>
  withPage('service-discovery?pool=closed', async (page) => {
    await page.getByRole('button', { name: 'Show relabelling' }).click();
    await page.locator('.steps', { hasText: 'target_label: zone' }).locator('.labels', { hasText: 'zone="a"' }).waitFor();
  }));
