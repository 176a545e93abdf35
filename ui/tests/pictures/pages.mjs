// What pictures are taken of: an address, what to do there, and in which looks.
import { NOW_MS } from './data.mjs';
import { silenceOf } from './steady.mjs';

const panels = (...list) => {
  const params = list.flatMap((fields, i) => Object.entries({ moment_input: NOW_INPUT, end_input: NOW_INPUT, range_input: '3h', ...fields }).map(([key, value]) => `g${i}.${key}=${encodeURIComponent(value)}`));
  return `query?${params.join('&')}`;
};
const NOW_INPUT = new Date(NOW_MS).toISOString().replace('T', ' ').slice(0, 19);
const board = (uid, more = '') => `d/${uid}/picture?from=${NOW_MS - 3 * 3_600_000}&to=${NOW_MS}${more}`;

const LOAD = 'avg by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))';
const BUCKETS = 'sum by (le) (rate(http_request_duration_seconds_bucket[5m]))';
const ERRORS = 'sum by (service, route) (rate(http_requests_total{status=~"5.."}[5m])) / sum by (service, route) (rate(http_requests_total[5m]))';

const BOTH = ['light', 'dark'];
/** Of these pages also: a phone, and high contrast. */
const NARROW = ['narrow-light', 'narrow-dark'];
const EVERY = [...BOTH, 'contrast', 'narrow-light'];

/** What a picture is taken through: a window, and what the operating system asks pages for. */
export const LOOKS = {
  light: { width: 1440, height: 900, media: { colorScheme: 'light', contrast: 'no-preference' } },
  dark: { width: 1440, height: 900, media: { colorScheme: 'dark', contrast: 'no-preference' } },
  contrast: { width: 1440, height: 900, media: { colorScheme: 'dark', contrast: 'more' } },
  'narrow-light': { width: 360, height: 800, media: { colorScheme: 'light', contrast: 'no-preference' } },
  'narrow-dark': { width: 360, height: 800, media: { colorScheme: 'dark', contrast: 'no-preference' } },
};

const scrollTo = (text) => (page) => page.getByRole('heading', { name: text, exact: true }).first().evaluate((element) => element.scrollIntoView());

/** Name, address, looks, and what to do before the picture. */
export const PICTURES = [
  ['query-empty', 'query', BOTH],
  ['query-graph', panels({ expr: LOAD, tab: 'graph' }), EVERY],
  ['query-stacked', panels({ expr: 'sum by (route) (rate(http_requests_total[5m]))', tab: 'graph', stacked: '1' }), BOTH],
  ['query-table', panels({ expr: 'node_filesystem_avail_bytes', tab: 'table' }), [...BOTH, ...NARROW]],
  ['query-plan', panels({ expr: ERRORS, tab: 'explain' }), BOTH],
  ['query-heatmap', panels({ expr: BUCKETS, tab: 'graph', display_mode: 'heatmap' }), [...BOTH, 'narrow-light']],
  ['query-error', panels({ expr: 'sum by (job (up)', tab: 'table' }), BOTH],
  ['alerts', 'alerts', EVERY],
  ['rules', 'rules', BOTH],
  ['notifications', 'notifications', [...BOTH, ...NARROW]],
  ['silences', 'silences', BOTH],
  ['silence-new', 'silence?filter=alertname%3D%22BackupOld%22&filter=instance%3D~%22db-.*%22', BOTH],
  ['silence', `silence?id=${silenceOf('ada')}`, BOTH],
  ['history', 'alert-history', BOTH],
  ['history-alerts', 'alert-history?show=alerts', BOTH],
  ['routing', 'routing?labels=service%3D%22search%22%2C%20severity%3D%22page%22', BOTH],
  ['cluster', 'cluster', BOTH],
  ['targets', 'targets', EVERY],
  ['discovery', 'service-discovery', BOTH],
  ['pushgateway', 'pushgateway', BOTH],
  ['cardinality', 'cardinality', BOTH],
  ['cardinality-labels', 'cardinality?metric=http_requests_total', BOTH],
  ['sending', 'sending', BOTH],
  ['status', 'status', BOTH],
  ['flags', 'flags', BOTH],
  ['config', 'config', BOTH],
  ['storage', 'tsdb-status', BOTH],
  ['dashboards', 'dashboards', [...BOTH, ...NARROW]],
  ['board-node', board('argand-node'), EVERY],
  ['board-overview', board('argand-services-overview'), BOTH],
  ['board-service', board('argand-services-details'), BOTH],
  ['board-batch', board('argand-batch'), BOTH],
  ['board-every-kind', board('every-kind'), EVERY],
  ['board-every-kind-below', board('every-kind'), BOTH, scrollTo('Up')],
  ['board-every-kind-end', board('every-kind'), BOTH, scrollTo('Alerts')],
  ['board-older', board('older'), BOTH],
  ['board-panel', board('argand-node', '&viewPanel=9'), BOTH],
  ['board-edit', board('every-kind'), BOTH, async (page) => {
    await page.locator('.dash-panel', { hasText: 'CPU by mode' }).first().hover();
    await page.getByRole('button', { name: 'Menu of CPU by mode' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await page.mouse.move(0, 0);
  }],
  ['board-help', board('older'), BOTH, async (page) => {
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  }],
  ['palette', 'targets', EVERY, async (page) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('node');
  }],
];
