// Every page in a window of 360 pixels: nothing scrolls sideways but what holds wide tables, nothing
// is cut off, everything can be pressed with a finger, dialogs fit, and the keyboard is enough.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, panel, useBrowser, withPage } from './browser.mjs';
import { PAGES } from './every-page.mjs';

useBrowser();

const NARROW = { viewport: { width: 360, height: 800 }, hasTouch: true };

/** Run in the page: what is too wide, or too small for a finger. */
function troubles() {
  const found = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`the page is ${wide} pixels too wide`);
  for (const table of document.querySelectorAll('.table-stack')) {
    const around = table.closest('.table-scroll') ?? table;
    const cut = around.scrollWidth - around.clientWidth;
    if (cut > 0) found.push(`${table.className} is ${cut} pixels too wide`);
  }
  for (const element of document.querySelectorAll('button, select, summary, input, textarea, a.button, a.text-button')) {
    const { width, height } = element.getBoundingClientRect();
    const { visibility, clipPath } = getComputedStyle(element);
    if (width === 0 || height === 0 || visibility === 'hidden' || clipPath !== 'none') continue;
    // A label around is pressed as well as its field.
    const label = element.closest('label')?.getBoundingClientRect();
    const [most, least] = [Math.max(height, label?.height ?? 0), Math.max(width, label?.width ?? 0)];
    if (most >= 24 && least >= 24) continue;
    const name = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 30);
    found.push(`${element.tagName} "${name}" is ${Math.round(width)} x ${Math.round(height)}`);
  }
  return found;
}

test('every page fits a window of 360 pixels', async () => {
  for (const [path, content] of PAGES) {
    await withPage(path, async (page) => {
      await page.locator(content).first().waitFor();
      assert.deepEqual(await page.evaluate(troubles), [], path);
    }, NARROW);
  }
});

test('dialogs fit a window of 360 pixels, and Escape closes them', async () => {
  const opens = [
    [panel({ expr: 'up' }), (page) => page.getByRole('button', { name: 'Browse metrics' }).click()],
    [panel({ expr: 'up' }), (page) => page.getByRole('button', { name: 'History of queries' }).click()],
    ['status', (page) => page.keyboard.press('Control+k')],
    ['d/every-kind', (page) => page.keyboard.press('?')],
  ];
  for (const [path, open] of opens) {
    await withPage(path, async (page) => {
      await page.locator('main h1, main .panel').first().waitFor();
      await open(page);
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      const { x, y, width, height } = await dialog.boundingBox();
      assert.ok(x >= 0 && y >= 0 && x + width <= 360 && y + height <= 800, `${path}: ${x} ${y} ${width} ${height}`);
      assert.deepEqual(await page.evaluate(troubles), [], path);
      await page.keyboard.press('Escape');
      await eventually(() => dialog.count(), 0);
    }, NARROW);
  }
});

test('what has the focus by the keyboard has a ring around it', () =>
  withPage('targets', async (page) => {
    await page.locator('.target-table td').first().waitFor();
    for (let stop = 0; stop < 30; stop++) {
      await page.keyboard.press('Tab');
      const shown = await page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return 'none';
        // The ring of a field may be that of the box around it.
        const ringed = [element, element.parentElement].some((one) => getComputedStyle(one).outlineStyle !== 'none');
        return ringed ? 'ring' : element.outerHTML.slice(0, 120);
      });
      assert.match(shown, /^(ring|none)$/);
    }
  }));
