// Alerts, rules, notifications and silences. The server must evaluate a rule TargetDown that fires
// and inhibits another, Quiet, and one, Waits, that is pending.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { eventually, fulfil, SERVER, until, useBrowser, withPage } from './browser.mjs';

useBrowser();

// A server that has just started has evaluated nothing yet.
before(async () => {
  for (let turn = 0; turn < 120; turn++) {
    const alerts = await (await fetch(`${SERVER}/api/v2/alerts`)).json();
    if (alerts.some(({ status }) => status.inhibitedBy.length > 0)) return;
    await new Promise((done) => setTimeout(done, 500));
  }
  throw new Error(`${SERVER} inhibits no alert after a minute: does it evaluate its rules?`);
});

const silences = async () => (await fetch(`${SERVER}/api/v2/silences`)).json();

test('firing alerts come first, with labels, annotations and who keeps them quiet', () =>
  withPage('alerts', async (page) => {
    const down = page.locator('.pool', { hasText: 'TargetDown' });
    await down.locator('.alert-table .mark', { hasText: 'Firing' }).first().waitFor();
    await down.getByText('is down').first().waitFor();
    await page.locator('.pool', { hasText: 'Quiet' }).getByText('inhibited').waitFor();
    const names = await page.locator('.pool-name').allInnerTexts();
    assert.equal(names.at(-1), 'Waits', names.join());
    await page.getByRole('group', { name: 'State' }).getByRole('button', { name: /Pending/ }).click();
    await page.waitForURL(/state=pending/);
    await eventually(async () => (await page.locator('.pool-name').allInnerTexts()).join(), 'Waits');
    await page.getByRole('searchbox').fill('no such thing');
    await page.getByText('No alert passes the filter.').waitFor();
  }));

test('rules show their expression, which leads to the query page', () =>
  withPage('rules?type=recording', async (page) => {
    await page.getByText('job:up:sum').waitFor();
    await eventually(() => page.locator('.rule-table tbody tr').count(), 1);
    await page.getByRole('link', { name: 'sum by (job) (up)' }).click();
    await page.locator('.result-table').waitFor();
  }));

test('ten thousand rules fold, and a failing one stays in sight', () =>
  withPage('rules', async (page) => {
    await page.locator('.rule-table').waitFor();
    await eventually(() => page.locator('[role="listitem"]').first().getAttribute('aria-setsize'), '100');
    await eventually(() => page.locator('.rule-table').count(), 1);
    await page.getByText('no such function').waitFor();
  }, { prepare: (page) => page.route('**/api/v1/rules*', (route) => fulfil(route, manyRules(100, 100))) }));

test('a silence is made from an alert, seen, found by its link, and ended', () => {
  const why = `moving rack ${Date.now()}`;
  return withPage('alerts?search=TargetDown', async (page) => {
    await page.getByRole('link', { name: 'Silence', exact: true }).first().click();
    await page.getByText(/^Holds for 1 of \d+ alerts/).waitFor();
    await page.getByLabel('Creator').fill('ada');
    await page.getByLabel('Comment').fill(why);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL(/\/silences/);
    const row = page.locator('.silence-table tbody tr', { hasText: why });
    await row.waitFor();
    const made = (await silences()).find(({ comment }) => comment === why);
    assert.equal(made.createdBy, 'ada');
    assert.ok(made.matchers.some(({ name, value }) => name === 'alertname' && value === 'TargetDown'));

    await page.goto(`${SERVER}/#/silences/${made.id}`);
    await page.waitForURL(new RegExp(`silence\\?id=${made.id}`));
    await eventually(() => page.getByLabel('Comment').inputValue(), why);
    await page.goto(`${SERVER}/notifications?silenced=true&active=false`);
    await page.getByText('Silenced by').first().waitFor();

    await page.goto(`${SERVER}/silences`);
    await row.getByRole('button', { name: 'Expire' }).click();
    await eventually(() => row.count(), 0);
    await eventually(async () => (await silences()).find(({ id }) => id === made.id).status.state, 'expired');
  });
});

test('an alert is taken on, and given back', () =>
  withPage('notifications?filter=%7Balertname%3D%22TargetDown%22%7D', async (page) => {
    await page.getByRole('button', { name: 'Take on' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Who').fill('grace');
    await dialog.getByLabel('Comment').fill('on my way');
    await dialog.getByRole('button', { name: 'Take on' }).click();
    await page.locator('.taken', { hasText: 'on my way' }).waitFor();
    await page.getByRole('button', { name: 'Give back' }).click();
    await page.getByRole('button', { name: 'Take on' }).waitFor();
  }));

test('the history tells what fired', () =>
  withPage('alert-history', async (page) => {
    await page.getByRole('group', { name: 'What' }).getByRole('button', { name: 'Alerts' }).click();
    await page.waitForURL(/show=alerts/);
    await page.locator('.history-table', { hasText: 'TargetDown' }).waitFor();
  }));

test('what the server refuses is said beside the form', () =>
  withPage('silence?filter=%7Ba%3D~%22%28%22%7D', async (page) => {
    await page.getByLabel('Creator').fill('ada');
    await page.getByLabel('Comment').fill('wrong');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('The server refused.').waitFor();
  }, { allow: /400/ }));

test('links of notifications lead to the pages they mean', async () => {
  for (const [hash, expected] of [
    ['#/alerts?receiver=nobody', /notifications\?receiver=nobody/],
    ['#/silences', /\/silences$/],
    ['#/silences/new?filter=%7Ba%3D%22b%22%7D', /silence\?filter=/],
  ]) {
    await withPage(hash, (page) => page.waitForURL(expected));
  }
});

test('a press on a label narrows the notifications to it', () =>
  withPage('notifications?inhibited=true', async (page) => {
    await page.getByRole('button', { name: 'severity="warning"' }).first().click();
    await page.waitForURL(/filter=/);
    await until(page, () => document.querySelectorAll('.pool').length === 1);
    await page.getByText('Inhibited').last().waitFor();
  }));

test('the palette finds a page by a few letters', () =>
  withPage('status', async (page) => {
    await page.locator('.facts').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('silen');
    await eventually(() => page.getByRole('option').first().innerText(), /Silences/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/silences/);
  }));

test('without an Alertmanager the page says how to start one', () =>
  withPage('silences', (page) => page.getByText('No Alertmanager runs in this process.').waitFor(), {
    allow: /404/,
    prepare: (page) => page.route('**/api/v2/**', (route) => route.fulfill({ status: 404, body: 'no' })),
  }));

function manyRules(groups, each) {
  const rule = (group, index) => ({
    type: 'recording',
    name: `rule:${group}:${index}`,
    query: 'up',
    health: group === 7 && index === 3 ? 'err' : 'ok',
    lastError: group === 7 && index === 3 ? 'no such function' : '',
    evaluationTime: 0.001,
    lastEvaluation: new Date().toISOString(),
  });
  return {
    groups: Array.from({ length: groups }, (_, group) => ({
      name: `group ${group}`,
      file: 'rules.yml',
      interval: 60,
      evaluationTime: 0.1,
      lastEvaluation: new Date().toISOString(),
      rules: Array.from({ length: each }, (_, index) => rule(group, index)),
    })),
  };
}
