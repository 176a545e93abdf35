// Every page as it looks, against the pictures of it that were last accepted. `ARGAND_BINARY` names the program, else it
// is target/debug/argand; `ARGAND_PICTURES=accept` makes what is seen the new baselines; `ARGAND_DIST` names a folder
// of pages to look at instead of those in the program.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { ACCEPTING, check, FAILURES } from './pictures/compare.mjs';
import { NOW_MS } from './pictures/data.mjs';
import { LOOKS, PICTURES } from './pictures/pages.mjs';
import { BINARY, openStage } from './pictures/stage.mjs';
import { steady } from './pictures/steady.mjs';

const HINT = `What was seen and the differences are in ${FAILURES}. If they are meant: ARGAND_PICTURES=accept npm run pictures`;

/** As many pages at once as keep two cores busy. */
const AT_ONCE = 3;

const skip = BINARY || ACCEPTING ? false : 'no server to take pictures of: ARGAND_BINARY names none, and target/debug/argand is not built';

let [browser, stage] = [];
before(async () => {
  if (skip) return;
  [browser, stage] = await Promise.all([launch(), openStage()]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

test('every page looks as it was last accepted', { skip }, async () => {
  const only = process.env.ARGAND_PICTURES_ONLY ?? '';
  const visits = PICTURES.filter(([name]) => name.startsWith(only)).flatMap(visitsOf);
  const wrong = [];
  const work = async () => {
    for (let next = visits.shift(); next; next = visits.shift()) {
      const { name } = next;
      await visit(next, (look, png) => wrong.push(check(`${name}.${look}`, png))).catch((error) => wrong.push(`${name}: ${error.message}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.deepEqual(wrong.filter((text) => text !== undefined).sort(), [], HINT);
});

/** A page is opened once for each width; the looks of one width follow each other on it. */
function visitsOf([name, path, looks, act]) {
  const widths = new Set(looks.map((look) => LOOKS[look].width));
  return [...widths].map((width) => ({ name, path, act, looks: looks.filter((look) => LOOKS[look].width === width) }));
}

test('no picture is left of a page that is not looked at any more', { skip: skip || ACCEPTING }, () => {
  const names = new Set(PICTURES.flatMap(([name, , looks]) => looks.map((look) => `${name}.${look}.png`)));
  const kept = readdirSync(join(import.meta.dirname, 'pictures/baselines'));
  assert.deepEqual(kept.filter((name) => !names.has(name)), []);
});

async function visit({ path, looks, act }, taken) {
  const { width, height, media } = LOOKS[looks[0]];
  const profile = await browser.newContext({
    viewport: { width, height },
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    deviceScaleFactor: 1,
    ...media,
  });
  const page = await profile.newPage();
  try {
    page.setDefaultTimeout(30_000);
    await page.clock.setFixedTime(NOW_MS);
    // How long a query took is told on the page.
    await page.addInitScript(() => (performance.now = () => 0));
    await steady(page, stage);
    if (process.env.ARGAND_DIST) await servePages(page, process.env.ARGAND_DIST);
    const idle = watchRequests(page);
    await page.goto(`${stage.url}/${path}`);
    if (act) {
      await settled(page, idle);
      await act(page);
    }
    for (const look of looks) {
      await page.emulateMedia(LOOKS[look].media);
      taken(look, await settled(page, idle));
    }
  } finally {
    // What pages ask for again and again may be on its way.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await profile.close();
  }
}

/** Answers what waits until nothing that the page asked for is on its way. */
function watchRequests(page) {
  const open = new Set();
  page.on('request', (request) => open.add(request));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => open.delete(request));
  return async () => {
    for (let still = 0; still < 3; still = open.size === 0 ? still + 1 : 0) await page.waitForTimeout(40);
  };
}

/** The picture, when two in a row are the same. */
async function settled(page, idle) {
  let last = Buffer.alloc(0);
  for (let turn = 0; turn < 60; turn++) {
    await idle();
    await page.evaluate(() => document.fonts.ready);
    const now = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    if (now.equals(last)) return now;
    last = now;
  }
  throw new Error('does not come to rest');
}

const TYPES = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };

/** Gives the files of a build to a page, as the server does with those it holds. */
async function servePages(page, folder) {
  await page.route(/\/(?!api\/|metrics$|pushgateway\/)[^?]*(\?|$)/, (route) => {
    const { pathname } = new URL(route.request().url());
    if (/^\/(api\/|metrics$|pushgateway\/)/.test(pathname)) return route.fallback();
    const file = /^\/(assets\/|favicon)/.test(pathname) ? pathname : '/index.html';
    const body = readFileSync(join(folder, file), extname(file) === '.html' ? 'utf8' : undefined);
    const levels = pathname.split('/').length - 2;
    const based = extname(file) === '.html' && levels > 0 ? body.replace('<head>', `<head><base href="${'../'.repeat(levels)}" />`) : body;
    return route.fulfill({ body: based, contentType: TYPES[extname(file)] });
  });
}
