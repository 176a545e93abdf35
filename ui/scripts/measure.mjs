// Measures how smooth the pages are with very much data, in chromium against the real server:
// 2,000 targets, 10,000 alerts, 50 lines of 1,000 points, a dashboard of 100 panels. Prints a table
// in Markdown. It asserts nothing: figures of a busy machine are no verdict.
//
//   npm run build && node scripts/measure.mjs --argand ../target/release/argand [--prometheus prometheus]
//
// With --prometheus its classic pages are measured, too, on the same load. --keep measures nothing
// and leaves the servers running until Ctrl+C; --url and --prometheus-url measure such servers, and
// --only those of a server or a page whose names hold a word.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { startExporter } from './measure/load.mjs';
import { meterOf } from './measure/meter.mjs';
import { freePort, startArgand, startPrometheus } from './measure/servers.mjs';

const { values: options } = parseArgs({
  options: {
    argand: { type: 'string' },
    prometheus: { type: 'string' },
    url: { type: 'string' },
    'prometheus-url': { type: 'string' },
    folder: { type: 'string', default: join(tmpdir(), `argand-measure-${process.pid}`) },
    keep: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
if (!options.argand && !options.url) throw new Error('--argand names the binary');

const ACROSS = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', locale: 'en-GB' };
const GRAPH = 'g0.expr=measured&g0.tab=0&g0.range_input=23h&g0.step_input=83';

/** Our pages: what is waited for, and what is done then. */
const OURS = [
  {
    page: 'Targets',
    path: 'targets',
    ready: '.target-table tr td',
    steps: [
      ['refresh', refresh],
      ['scroll to the end', scroll],
      ['filter by typing', typing('127.0.9')],
      ['fold', first('.pool-head button')],
      ['unfold', first('.pool-head button')],
    ],
  },
  {
    page: 'Discovery',
    path: 'service-discovery',
    ready: '.pool',
    steps: [['unfold', first('.pool-head button')], ['scroll to the end', scroll], ['filter by typing', typing('127.0.9')]],
  },
  {
    page: 'Alerts',
    path: 'alerts',
    ready: '.alert-table tr td',
    steps: [
      ['refresh', refresh],
      ['scroll to the end', scroll],
      ['filter by typing', typing('shard="77')],
      ['fold', first('.pool-head button')],
    ],
  },
  {
    page: 'Rules',
    path: 'rules',
    ready: '.pool',
    steps: [['refresh', refresh], ['unfold', first('.pool-head button')], ['scroll to the end', scroll], ['filter by typing', typing('High77')]],
  },
  {
    page: 'Notifications',
    path: 'notifications',
    ready: '.pool',
    steps: [['refresh', refresh], ['unfold', first('.pool-head button')], ['scroll to the end', scroll]],
  },
  {
    page: 'Graph, 50 x 1,000',
    path: `query?${GRAPH}`,
    ready: '.plot canvas',
    steps: [
      ['ask again', (page) => page.getByRole('button', { name: 'Run' }).click()],
      ['draw again (stacked)', (page) => page.getByRole('button', { name: /stack/i }).first().click()],
      ['draw again (lines)', (page) => page.getByRole('button', { name: /lines/i }).first().click()],
      ['hover, 200 places', hover('.plot canvas')],
      ['hide one line', (page) => page.locator('.legend li button').first().click({ modifiers: ['Control'] })],
    ],
  },
  { page: 'Table, 10,000 series', path: 'query?g0.expr=load_ratio&g0.tab=1', ready: '.result-table td', steps: [['show all', showAll], ['scroll to the end', scroll], ['sort', first('.result-table .sort')]] },
  {
    page: 'Dashboard, 100 panels',
    path: 'd/hundred',
    ready: '.dash-plot canvas',
    steps: [
      ['refresh', (page) => page.getByRole('button', { name: /Refresh now|^Refresh$/ }).first().click()],
      ['scroll to the end', scroll],
      ['hover, 200 places', hover('.dash-plot canvas')],
    ],
  },
];

/** Prometheus' classic pages. */
const THEIRS = [
  { page: 'Targets', path: 'classic/targets', ready: '.scrape_pool, .table-container', steps: [['scroll to the end', scroll], ['fold', first('.targets .btn, .table-container .btn, button.targets')]] },
  { page: 'Alerts', path: 'classic/alerts', ready: '#alertsTable', steps: [['scroll to the end', scroll], ['unfold', first('.alert_header')]] },
  { page: 'Rules', path: 'classic/rules', ready: 'table', steps: [['scroll to the end', scroll]] },
  { page: 'Graph, 50 x 1,000', path: `classic/graph?${GRAPH}`, ready: '.rickshaw_graph svg path, .graph svg path', steps: [['ask again', (page) => page.locator('.execute_btn').first().click()], ['hover, 200 places', hover('.rickshaw_graph, .graph svg')]] },
  { page: 'Table, 10,000 series', path: 'classic/graph?g0.expr=load_ratio&g0.tab=1', ready: '.console table td', steps: [['scroll to the end', scroll]] },
];

function refresh(page) {
  return page.getByRole('button', { name: 'Refresh' }).click();
}

function first(selector) {
  return (page) => page.locator(selector).first().click();
}

function typing(text) {
  return async (page) => {
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.getByRole('searchbox').first().click();
    await page.keyboard.type(text, { delay: 60 });
  };
}

async function showAll(page) {
  const button = page.getByRole('button', { name: /Show all/ });
  if (await button.count()) await button.click();
}

/** Turns of the wheel before the jump to the end. */
const TURNS = 30;

/** As a hand does: many small steps of the wheel, and then the key that leads to the end. */
async function scroll(page) {
  await page.mouse.move(700, 500);
  for (let turn = 0; turn < TURNS; turn++) {
    await page.mouse.wheel(0, 500);
    await page.waitForTimeout(20);
  }
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
}

function hover(selector) {
  return async (page) => {
    await page.evaluate(() => window.scrollTo(0, 0));
    const box = await page.locator(selector).first().boundingBox();
    for (let i = 0; i < 200; i++) {
      await page.mouse.move(box.x + (box.width * (i + 1)) / 202, box.y + box.height * (0.3 + 0.4 * ((i % 20) / 20)));
    }
  };
}

async function measurePages(browser, url, pages, name, rows) {
  for (const { page: title, path, ready, steps } of pages) {
    if (!`${name} ${title}`.includes(options.only)) continue;
    const context = await browser.newContext(ACROSS);
    const page = await context.newPage();
    await page.goto('about:blank');
    const meter = await meterOf(browser, page);
    const run = async (step, work) => {
      try {
        rows.push({ name, title, step, ...(await meter.measure(() => work(page))) });
      } catch (error) {
        rows.push({ name, title, step, failed: String(error.message).split('\n')[0] });
      }
      console.error(name, title, step);
    };
    await run('load', async () => {
      await page.goto(`${url}/${path}`);
      await page.locator(ready).first().waitFor();
    });
    for (const [step, work] of steps) await run(step, work);
    await context.close();
  }
}

function print(rows) {
  console.log('| page | interaction | of | tasks ms | longest ms | script ms | layout ms | elements |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { name, title, step, failed, task, longest, script, layout, nodes } of rows) {
    const figures = failed ? [failed, '', '', '', ''] : [task, longest, script, layout, nodes].map((value) => Math.round(value));
    console.log(`| ${[title, step, name, ...figures].join(' | ')} |`);
  }
}

/** The servers and the pages in front of ours; where an address is given nothing is started. */
async function start() {
  if (options.url) return { ours: options.url, theirs: options['prometheus-url'], stop: () => {} };
  const exporter = await startExporter();
  const argand = await startArgand(options.argand, join(options.folder, 'argand'), exporter.port);
  const prometheus = options.prometheus && (await startPrometheus(options.prometheus, join(options.folder, 'prometheus'), exporter.port));
  process.env.ARGAND_API = argand.url;
  const port = await freePort();
  const pages = await preview({ root: join(import.meta.dirname, '..'), preview: { port, host: '127.0.0.1' }, logLevel: 'warn' });
  const stop = async () => {
    await pages.close();
    await Promise.all([argand.stop(), prometheus?.stop()]);
    exporter.stop();
    rmSync(options.folder, { recursive: true, force: true });
  };
  return { ours: `http://127.0.0.1:${port}`, theirs: prometheus?.url, stop };
}

const { ours, theirs, stop } = await start();
if (options.keep) {
  console.error(`--url ${ours}${theirs ? ` --prometheus-url ${theirs}` : ''}, until Ctrl+C`);
  await new Promise((done) => process.once('SIGINT', done).once('SIGTERM', done));
} else {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const rows = [];
  await measurePages(browser, ours, OURS, 'Argand', rows);
  if (theirs) await measurePages(browser, theirs, THEIRS, 'Prometheus', rows);
  print(rows);
  await browser.close();
}
await stop();
process.exit(0);
