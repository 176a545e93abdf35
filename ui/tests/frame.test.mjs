// What all pages share: themes, banner, policy, prefix, accessibility, and the status pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, ask, eventually, SERVER, until, useBrowser, withPage } from './browser.mjs';
import { PAGES } from './every-page.mjs';

useBrowser();

for (const [look, context] of [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['high contrast', { contrast: 'more' }],
  ['phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
]) {
  test(`every page is accessible (${look})`, async () => {
    for (const [path, content] of PAGES) {
      await withPage(path, async (page) => {
        await page.locator(content).first().waitFor();
        await accessible(page);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${path} is ${wide} pixels too wide`);
      }, context);
    }
  });
}

test('the theme follows the system until one is chosen, and is remembered', () =>
  withPage('status', async (page) => {
    const shown = () => page.evaluate(() => document.documentElement.dataset.theme);
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.locator('.facts').first().waitFor();
    await eventually(() => shown(), 'dark');
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    await until(page, () => document.documentElement.dataset.theme === 'light');
    assert.notEqual(await background(), dark);
    const button = page.getByRole('button', { name: /^Theme/ });
    await button.click();
    await button.click();
    await eventually(() => button.getAttribute('aria-label'), 'Theme: dark. Switch to contrast.');
    await eventually(() => background(), dark);
    await page.reload();
    await eventually(() => shown(), 'dark');
  }, { colorScheme: 'dark' }));

test('the status pages show what the server says', async () => {
  const build = await ask('status/buildinfo');
  await withPage('status', (page) => page.getByText(build.version, { exact: true }).waitFor());
  const flags = await ask('status/flags');
  await withPage('flags', async (page) => {
    await page.locator('.facts').waitFor();
    await eventually(() => page.locator('.facts tr').count(), Object.keys(flags).length);
    await page.getByRole('searchbox').fill('config.file');
    await page.getByText('--config.file', { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('no such flag');
    await page.getByText('No flag matches.').waitFor();
  });
  const { yaml } = await ask('status/config');
  await withPage('config', async (page) => {
    assert.equal((await page.locator('.yaml').textContent()).trimEnd(), yaml.trimEnd());
  });
  await withPage('tsdb-status', async (page) => {
    await page.locator('.ranking-name').first().waitFor();
    await page.getByText('Label pairs').waitFor();
  });
});

test('navigation does not load the document again, and an unknown page says so', () =>
  withPage('query', async (page) => {
    await page.evaluate(() => (window.sameDocument = true));
    await page.getByRole('link', { name: 'Targets', exact: true }).click();
    await page.locator('.pool').first().waitFor();
    await page.getByRole('link', { name: 'Status', exact: true }).click();
    await page.locator('.facts').first().waitFor();
    await page.goBack();
    await page.locator('.pool').first().waitFor();
    await eventually(() => page.title(), 'Targets · Argand');
    await eventually(() => page.evaluate(() => window.sameDocument), true);
  }));

const BANNERS = [
  ['not ready', (route) => route.fulfill({ status: 503, body: 'Service Unavailable' }), 'The server is starting.'],
  ['not reachable', (route) => route.abort(), 'The server does not answer.'],
  [
    'running on an old configuration',
    (route) =>
      route.fulfill({
        json: { status: 'success', data: { reloadConfigSuccess: false, lastConfigTime: '2026-01-02T03:04:05Z' } },
      }),
    'The last reload of the configuration failed.',
  ],
];

for (const [state, answer, title] of BANNERS) {
  test(`a banner says that the server is ${state}`, () =>
    withPage('flags', (page) => page.locator('.banner', { hasText: title }).waitFor(), {
      allow: /Failed to load resource/,
      prepare: (page) => page.route('**/api/v1/status/runtimeinfo', answer),
    }));
}

test('a well server has no banner', () =>
  withPage('flags', async (page) => {
    await page.locator('.facts').waitFor();
    await eventually(() => page.locator('.banner').count(), 0);
  }));

test('pages are served with a policy that allows no inline script', async () => {
  const policy = (await fetch(`${SERVER}/query`)).headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
});

test('the pages work below a path prefix', () =>
  withPage('some/prefix/query?g0.expr=vector(7)', async (page) => {
    await page.locator('.result-table').waitFor();
    await eventually(() => page.locator('.result-table td.number').innerText(), '7');
    await page.getByRole('link', { name: 'Targets' }).click();
    await page.locator('.pool').first().waitFor();
    assert.equal(new URL(page.url()).pathname, '/some/prefix/targets');
  }, {
    // A reverse proxy that takes the prefix away; nothing else may be asked for.
    prepare: (page) =>
      page.route('**/*', (route) => {
        const url = new URL(route.request().url());
        if (!url.pathname.startsWith('/some/prefix/')) return route.abort();
        url.pathname = url.pathname.slice('/some/prefix'.length);
        return route.continue({ url: url.href });
      }),
  }));
