// The typefaces: they come from the server itself, figures stand below each other, and what is drawn on a canvas before
// they have come is drawn again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, panel, SERVER, useBrowser, withPage } from './browser.mjs';

useBrowser();

const GRAPH = panel({ expr: 'up', tab: 'graph', range_input: '5m' });

test('both typefaces come from the server, kept for good', async () => {
  const answers = [];
  await withPage(GRAPH, async (page) => {
    await page.locator('.plot-canvas canvas').waitFor();
    await page.evaluate(() => document.fonts.ready);
    await eventually(() => answers.length, 2);
    for (const family of ['Inter', 'JetBrains Mono']) {
      const states = await page.evaluate(
        (name) => [...document.fonts].filter((face) => face.family.replaceAll('"', '') === name).map((face) => face.status),
        family,
      );
      assert.deepEqual(states, ['loaded'], family);
    }
  }, {
    prepare: (page) => page.on('response', (response) => {
      if (response.request().resourceType() === 'font') answers.push(response);
    }),
  });
  for (const answer of answers) {
    assert.equal(answer.status(), 200);
    assert.ok(answer.url().startsWith(SERVER), answer.url());
    assert.equal(answer.headers()['content-type'], 'font/woff2');
  }
});

test('figures are equally wide', () =>
  withPage('targets', async (page) => {
    await page.evaluate(() => document.fonts.load('14px Inter'));
    const widths = await page.evaluate(() => {
      const context = document.createElement('canvas').getContext('2d');
      context.font = '14px Inter';
      return [...'0123456789'].map((figure) => context.measureText(figure).width);
    });
    assert.deepEqual(new Set(widths).size, 1, widths.join(' '));
  }));

test('a graph is drawn again when its typeface has come late', async () => {
  let before;
  const drawn = (page) => page.locator('.plot-canvas canvas').first().evaluate((canvas) => canvas.toDataURL());
  await withPage(GRAPH, async (page) => {
    await page.waitForFunction(() => document.fonts.check('12px Inter'));
    assert.ok(before, 'Inter came before the graph was drawn');
    await eventually(async () => (await drawn(page)) !== before, true);
  }, {
    prepare: (page) => page.route('**/*.woff2', async (route) => {
      await page.locator('.plot-canvas canvas').waitFor();
      before ??= await drawn(page);
      await route.continue();
    }),
  });
});
