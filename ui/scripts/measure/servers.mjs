// The servers that the pages are measured on: started on folders of their own, stopped at the end.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ALERTS, TARGETS, writeFiles } from './load.mjs';

/** How long a server may take to scrape everything and to fire all alerts, milliseconds. */
const LONGEST_WAIT_MS = 240_000;

/** Starts Argand, and fills it with the samples of a day. */
export function startArgand(binary, folder, exporterPort) {
  const fill = [binary, 'tsdb', 'create-blocks-from', 'openmetrics'];
  const flags = ['--alertmanager.config.file=alertmanager.yml', '--dashboards.path=dashboards'];
  return start(binary, folder, exporterPort, fill, flags);
}

/** Starts Prometheus with the same files. */
export function startPrometheus(binary, folder, exporterPort) {
  const fill = ['promtool', 'tsdb', 'create-blocks-from', 'openmetrics'];
  return start(binary, folder, exporterPort, fill, []);
}

async function start(binary, folder, exporterPort, fill, flags) {
  mkdirSync(folder, { recursive: true });
  writeFiles(folder, exporterPort);
  const [program, ...words] = fill;
  execFileSync(program, [...words, 'samples.txt', 'data'], { cwd: folder, stdio: 'ignore' });
  const port = await freePort();
  const log = openSync(join(folder, 'log.txt'), 'w');
  const own = [`--config.file=prometheus.yml`, '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn(binary, [...own, ...flags], { cwd: folder, stdio: ['ignore', log, log] });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  const stop = () => {
    child.kill();
    return new Promise((done) => (child.exitCode === null ? child.once('exit', done) : done()));
  };
  process.once('exit', () => child.kill('SIGKILL'));
  await loaded(url);
  return { url, stop };
}

/** A port that nothing listens on now. */
export function freePort() {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** Waits until every target was scraped and every alert fires. */
async function loaded(url) {
  const number = async (query) => {
    try {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
      return Number((await answer.json()).data.result[0]?.value[1] ?? 0);
    } catch {
      return 0;
    }
  };
  const began = Date.now();
  while (Date.now() - began < LONGEST_WAIT_MS) {
    const [targets, alerts] = [await number('count(up)'), await number('count(ALERTS{alertstate="firing"})')];
    if (targets > TARGETS && alerts >= ALERTS) return;
    await new Promise((done) => setTimeout(done, 1000));
  }
  throw new Error(`${url} has not scraped all targets and fired all alerts in time; see log.txt in its folder`);
}
