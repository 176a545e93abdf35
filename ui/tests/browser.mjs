// What the browser tests share: a browser, pages that collect what goes wrong in them, and the
// server's own answers to compare with. `ARGAND_URL` names the server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';

export const SERVER = (process.env.ARGAND_URL ?? 'http://127.0.0.1:9090').replace(/\/$/, '');

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser;

/** Starts a browser, which its user closes. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS, headless: true });
}

/** Starts a browser for the tests of a file. Playwright gives it a fresh profile. */
export function useBrowser() {
  before(async () => {
    browser = await launch();
    await serverHasData();
  });
  after(() => browser?.close());
}

/**
 * Runs `work` with a page of a profile of its own, at `path` below the server; afterwards there
 * must be nothing on the console but what `allow` matches.
 */
export async function withPage(path, work, { allow = /(?!)/, prepare, ...context } = {}) {
  const profile = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...context,
  });
  try {
    const page = await profile.newPage();
    page.setDefaultTimeout(10_000);
    const trouble = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text());
    });
    page.on('pageerror', (error) => trouble.push(error.message));
    await prepare?.(page);
    await page.goto(`${SERVER}/${path}`);
    await work(page);
    assert.deepEqual(trouble.filter((text) => !allow.test(text)), []);
  } finally {
    await profile.close();
  }
}

/**
 * Asserts that `read` comes to answer `expected`, a value or a pattern: a page shows what a click did when it has drawn
 * it, and a busy machine draws late.
 */
export async function eventually(read, expected) {
  const fits = (value) =>
    expected instanceof RegExp ? expected.test(value) : Object.is(value, expected);
  for (let turn = 0; turn < 200; turn++) {
    if (fits(await read())) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  const value = await read();
  assert.ok(fits(value), `${value} instead of ${expected}`);
}

/** Asserts that axe finds nothing wrong with what a page shows now. */
export async function accessible(page) {
  // The policy forbids a script element; evaluation from outside is not bound by it.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  );
  assert.deepEqual(found, [], page.url());
}

/** What the server answers to a path below `api/v1/`. */
export async function ask(path) {
  const response = await fetch(`${SERVER}/api/v1/${path}`);
  return (await response.json()).data;
}

/** The query page's address for one panel. */
export function panel(fields) {
  const params = Object.entries(fields).map(([k, v]) => `g0.${k}=${encodeURIComponent(v)}`);
  return `query?${params.join('&')}`;
}

/** Types an expression into the editor of a panel, as a person does. */
export async function type(page, text, index = 0) {
  const editor = page.locator('.expression-editor .cm-content').nth(index);
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
  // The list of completions would take the next key.
  await page.keyboard.press('Escape');
}

/** Waits until a condition in the page holds. */
export function until(page, condition, argument) {
  return page.waitForFunction(condition, argument);
}

/** A whole answer of the API, for what a small server cannot show. */
export function fulfil(route, data) {
  return route.fulfill({ json: { status: 'success', data } });
}

/** A server that has just started has scraped nothing: the tests need a first sample. */
async function serverHasData() {
  for (let turn = 0; turn < 60; turn++) {
    try {
      if ((await ask('query?query=up')).result.length > 0) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((done) => setTimeout(done, 1000));
  }
  throw new Error(`${SERVER} has no sample of "up" after a minute: does it scrape anything?`);
}
