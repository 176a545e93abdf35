// The load that the pages are measured with: an exporter that answers for thousands of targets, and
// the files that make a server scrape it, fire ten thousand alerts, and show a hundred panels.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

export const TARGETS = 2000;
export const JOBS = 40;
export const ALERTS = 10_000;
export const RULES = 1000;
export const PANELS = 100;
export const SERIES = 50;

/** Alerting rules of one group. */
const RULES_A_GROUP = 50;

/** Hours of samples that are there before the start, one a minute. */
const HOURS = 24;

/** One listener for all targets: every address of 127.0.0.0/8 leads to it. */
export async function startExporter() {
  const alerts = Array.from(
    { length: ALERTS },
    (_, i) => `load_ratio{rule="${i % RULES}",team="${(i % RULES) % 500}",shard="${i}"} 0.97\n`,
  ).join('');
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4');
    response.end(request.url === '/alerts' ? alerts : 'load_up 1\n');
  });
  await new Promise((done) => server.listen(0, '0.0.0.0', done));
  return { port: server.address().port, stop: () => server.close() };
}

/** Writes what both servers read; the folder then holds prometheus.yml and what it names. */
export function writeFiles(folder, port) {
  mkdirSync(join(folder, 'dashboards'), { recursive: true });
  writeFileSync(join(folder, 'prometheus.yml'), configuration(port));
  writeFileSync(join(folder, 'rules.yml'), rules());
  writeFileSync(
    join(folder, 'alertmanager.yml'),
    `route: {receiver: nobody, group_by: [team], group_wait: 1s}
receivers: [{name: nobody}]
`,
  );
  writeFileSync(join(folder, 'dashboards/hundred.json'), JSON.stringify(dashboard()));
  writeFileSync(join(folder, 'samples.txt'), samples());
}

/** Jobs of fifty targets; in every tenth job one target does not answer. */
function configuration(port) {
  const each = TARGETS / JOBS;
  const jobs = Array.from({ length: JOBS }, (_, job) => {
    const targets = Array.from({ length: each }, (_, i) => {
      const down = job % 10 === 0 && i === 7;
      return `'127.0.${job + 1}.${i + 1}:${down ? 1 : port}'`;
    });
    return `- job_name: service-${String(job).padStart(2, '0')}
  static_configs: [{targets: [${targets.join(', ')}], labels: {zone: 'z${job % 3}', team: 't${job % 7}', tier: web}}]
`;
  });
  return `global: {scrape_interval: 60s, scrape_timeout: 10s, evaluation_interval: 60s}
rule_files: [rules.yml]
scrape_configs:
- job_name: alerts
  scrape_interval: 15s
  metrics_path: /alerts
  static_configs: [{targets: ['127.0.0.1:${port}']}]
${jobs.join('')}`;
}

function rules() {
  const rule = (i) => `  - alert: LoadIsHigh${i}
    expr: load_ratio{rule="${i}"} > 0.9
    labels: {severity: page}
    annotations:
      summary: 'Shard {{ $labels.shard }} of team {{ $labels.team }} is loaded'
      description: 'The load is {{ $value | humanizePercentage }}.'
`;
  const groups = Array.from({ length: RULES / RULES_A_GROUP }, (_, group) => {
    const own = Array.from({ length: RULES_A_GROUP }, (_, i) => rule(group * RULES_A_GROUP + i));
    return `- name: group ${group}\n  interval: 15s\n  rules:\n${own.join('')}`;
  });
  return `groups:\n${groups.join('')}`;
}

/** A hundred graphs of ten lines each. */
function dashboard() {
  const panels = Array.from({ length: PANELS }, (_, i) => ({
    id: i + 1,
    type: 'timeseries',
    title: `Panel ${i + 1}`,
    gridPos: { x: (i % 3) * 8, y: Math.floor(i / 3) * 8, w: 8, h: 8 },
    targets: [{ refId: 'A', expr: `measured{part="${i % 5}"} + ${i}`, legendFormat: '{{line}}' }],
    options: { legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] } },
  }));
  return { uid: 'hundred', title: 'A hundred panels', schemaVersion: 39, time: { from: 'now-24h', to: 'now' }, panels };
}

/** A day of samples in OpenMetrics' format: waves that differ, so that no line hides another. */
function samples() {
  const end = Math.floor(Date.now() / 60_000) * 60;
  const lines = ['# TYPE measured gauge\n'];
  for (let line = 0; line < SERIES; line++) {
    for (let minute = HOURS * 60; minute >= 0; minute--) {
      const at = end - minute * 60;
      const value = line + 3 * Math.sin(at / 5000 + line) + Math.sin(at / 300 + line * 7) + ((at * 7919 + line) % 97) / 97;
      lines.push(`measured{line="${line}",part="${line % 5}"} ${value.toFixed(4)} ${at}\n`);
    }
  }
  lines.push('# EOF\n');
  return lines.join('');
}
