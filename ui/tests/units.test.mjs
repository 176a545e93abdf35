// The pure parts, as tables of cases. Vite loads the TypeScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useSources } from './sources.mjs';

const load = useSources();

test('the cache of the editor forgets what is old and what is too much', async (context) => {
  const { LRUCache } = await load('query/editor/lru-cache.ts');
  context.mock.timers.enable({ apis: ['Date'] });
  const cache = new LRUCache({ ttl: 1000 });
  cache.set('job', ['node']);
  assert.deepEqual(cache.get('job'), ['node']);
  context.mock.timers.tick(1001);
  assert.equal(cache.get('job'), undefined);
  for (let i = 0; i < 1000; i++) cache.set(i, i);
  cache.get(0);
  cache.set('one more', 1);
  assert.equal(cache.get(0), 0, 'used last');
  assert.equal(cache.get(1), undefined, 'the oldest');
});

test('durations are read and written', async () => {
  const { parseDuration, formatDuration, formatElapsed, formatAgo } = await load('lib/duration.ts');
  for (const [text, ms] of [
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['2w', 1_209_600_000],
    ['90', 90_000],
    ['0.5', 500],
    ['', null],
    ['0s', null],
    ['5x', null],
    ['m', null],
    ['-5m', null],
  ]) {
    assert.equal(parseDuration(text), ms, text);
  }
  for (const [ms, text] of [
    [300_000, '5m'],
    [5_400_000, '1h30m'],
    [1_209_600_000, '2w'],
    [90 * 86_400_000, '90d'],
    [31_536_000_000, '1y'],
    [1500, '1s500ms'],
    [0, '0s'],
  ]) {
    assert.equal(formatDuration(ms), text);
    if (ms > 0) assert.equal(parseDuration(text), ms);
  }
  assert.deepEqual([0.5, 12.3, 1234, 75_000].map(formatElapsed), ['0.50 ms', '12 ms', '1.23 s', '1m15s']);
  assert.equal(formatAgo(0, 90_000), '2 min ago');
});

test('moments are read and written', async () => {
  const { parseTime, formatTime } = await load('lib/time.ts');
  const moment = Date.UTC(2026, 0, 2, 3, 4, 5);
  for (const text of ['2026-01-02 03:04:05', '2026-01-02T03:04:05Z', '2026-01-02T04:04:05+01:00', '1767323045']) {
    assert.equal(parseTime(text, 'utc'), moment, text);
  }
  assert.equal(parseTime('2026-01-02 03:04', 'utc'), moment - 5000);
  assert.equal(parseTime('yesterday', 'utc'), null);
  assert.equal(formatTime(moment, 'utc'), '2026-01-02 03:04:05');
  assert.equal(parseTime(formatTime(moment, 'local'), 'local'), moment);
});

test('panels survive the way through an address', async () => {
  const { parsePanels, formatPanels, emptyPanel } = await load('query/panel-state.ts');
  const panels = [
    { ...emptyPanel(), expr: 'sum by (job) (rate(x{a="b&c"}[5m])) + 1 # é', tab: 'graph', endMs: 1_767_323_045_000 },
    { ...emptyPanel(), expr: 'up', rangeMs: 90_000, stepS: 0.5, displayMode: 'stacked', showExemplars: true },
    { ...emptyPanel(), expr: 'x', displayMode: 'heatmap' },
  ];
  assert.deepEqual(parsePanels(formatPanels(panels)), panels);
  assert.deepEqual(parsePanels(''), [emptyPanel()]);
  assert.deepEqual(parsePanels('g0.tab=nonsense&g0.range_input=-1&g0.end_input=x&g0.step_input='), [emptyPanel()]);
  const older = parsePanels('g3.expr=a&g3.tab=0&g3.stacked=1&g3.step_input=60&g7.expr=b&g7.tab=1');
  assert.deepEqual(older.map(({ expr, tab }) => [expr, tab]), [['a', 'graph'], ['b', 'table']]);
  assert.deepEqual([older[0].displayMode, older[0].stepS], ['stacked', 60]);
  const [newer] = parsePanels('g0.expr=a&g0.res_type=fixed&g0.res_step=30&g0.display_mode=heatmap&g0.show_exemplars=1');
  assert.deepEqual([newer.displayMode, newer.stepS, newer.showExemplars], ['heatmap', 30, true]);
});

test('samples are put on the grid of the graph', async () => {
  const { align, stack } = await load('query/graph/align.ts');
  const series = [
    { metric: {}, values: [[10, '1'], [10.5, '2'], [11.5, 'NaN'], [12, '+Inf']] },
    { metric: {}, values: [[10.5, '3'], [11, '-4e-1']] },
    { metric: {} },
  ];
  const { times, columns } = align(series, 10, 12, 0.5);
  assert.deepEqual(times, [10, 10.5, 11, 11.5, 12]);
  assert.deepEqual(columns[0], [1, 2, null, null, null]);
  assert.deepEqual(columns[1], [null, 3, -0.4, null, null]);
  assert.deepEqual(stack(columns)[1], [null, 5, -0.4, null, null]);
});

test('series are written as selectors, tables as CSV, numbers for people', async () => {
  const { formatSeries } = await load('lib/labels.ts');
  assert.equal(formatSeries({ __name__: 'up', b: '2', a: 'x"y' }), 'up{a="x\\"y", b="2"}');
  assert.equal(formatSeries({ __name__: 'with.dots', 'k.l': 'v' }), '{"with.dots", "k.l"="v"}');
  assert.equal(formatSeries({}), '{}');
  const { toCsv } = await load('lib/export.ts');
  assert.equal(toCsv(['a', 'b'], [['1,2', 'x"y\n']]), 'a,b\r\n"1,2","x""y\n"\r\n');
  const { formatShort, formatBytes } = await load('lib/number.ts');
  assert.deepEqual([0, 1500, 2.5e6, -3e9, 0.25, 1e-7].map(formatShort), ['0', '1.5k', '2.5M', '-3G', '0.25', '1.00e-7']);
  assert.deepEqual([12, 2048].map(formatBytes), ['12 B', '2.0 KiB']);
});

test('a filter of targets survives the way through an address', async () => {
  const { parseFilter, formatFilter } = await load('targets/filter.ts');
  const { matches } = await load('lib/search.ts');
  const filter = { pool: 'a b', health: ['up', 'down'], search: 'x y', dropped: false };
  assert.deepEqual(parseFilter(formatFilter(filter)), filter);
  assert.deepEqual(parseFilter('health=DOWN,unknown').health, ['down', 'unknown']);
  assert.deepEqual(parseFilter('').health, []);
  assert.ok(matches('http://Host:9100 job="a"', 'host JOB'));
  assert.ok(!matches('http://host:9100', 'host other'));
});

test('matchers are read and written', async () => {
  const { parseMatchers, formatMatchers, holds } = await load('alertmanager/matchers.ts');
  for (const [text, expected] of [
    ['{a="b"}', '{a="b"}'],
    ['a=b, c!~"d|e"', '{a="b", c!~"d|e"}'],
    ['"with space"=~"x, y"', '{"with space"=~"x, y"}'],
    ['a="quote \\" inside"', '{a="quote \\" inside"}'],
    ['', '{}'],
    ['a', undefined],
    ['a="open', undefined],
  ]) {
    const found = parseMatchers(text);
    assert.equal(found && formatMatchers(found), expected, text);
  }
  for (const [text, labels, expected] of [
    ['a="b"', { a: 'b' }, true],
    ['a="b"', {}, false],
    ['a=""', {}, true],
    ['a=~"b.*"', { a: 'bcd' }, true],
    ['a=~"b"', { a: 'bcd' }, false],
    ['a!~"b.*", c!="d"', { a: 'x', c: 'd' }, false],
    ['a=~"("', { a: '(' }, false],
  ]) {
    assert.equal(holds(parseMatchers(text), labels), expected, text);
  }
});

test('links of notifications are translated', async () => {
  const { translateHash } = await load('lib/hash-links.ts');
  for (const [hash, path, search] of [
    ['#/alerts?receiver=a', 'notifications', 'receiver=a'],
    ['#/', 'notifications', ''],
    ['#/silences?filter=x', 'silences', 'filter=x'],
    ['#/silences/new?filter=x', 'silence', 'filter=x'],
    ['#/silences/2f8ba024-ec95-45e4-9d30-5df64e583836', 'silence', 'id=2f8ba024-ec95-45e4-9d30-5df64e583836'],
    ['#/silences/2f8ba024-ec95-45e4-9d30-5df64e583836/edit', 'silence', 'id=2f8ba024-ec95-45e4-9d30-5df64e583836'],
    ['#/status', 'status', ''],
  ]) {
    assert.deepEqual(translateHash(hash), { path, search }, hash);
  }
  for (const other of ['', '#main', '#/nowhere']) assert.equal(translateHash(other), undefined, other);
});

test('histograms become rows that all of them share', async () => {
  const { toBuckets, boundsText, rowAt } = await load('plot/buckets.ts');
  const classic = (le, ...values) => ({ metric: { le, job: 'a' }, values: values.map((value, i) => [10 + i, value]) });
  const found = toBuckets([classic('1', '3', '3'), classic('+Inf', '5', '4'), classic('0.5', '1', 'NaN')], 100);
  assert.deepEqual(found.times, [10_000, 11_000]);
  assert.deepEqual(found.rows, [{ lower: 0, upper: 0.5 }, { lower: 0.5, upper: 1 }, { lower: 1, upper: Infinity }]);
  // At the second moment the bucket up to 1 begins at 0, and its count lies in both rows that it covers.
  assert.deepEqual(found.counts, [[1, 1.5], [2, 1.5], [2, 1]]);
  assert.equal(found.histograms, 1);
  assert.deepEqual(found.rows.map((row) => boundsText(row, String)), ['0 – 0.5', '0.5 – 1', 'above 1']);
  assert.equal(boundsText({ lower: -Infinity, upper: -1 }, String), 'up to -1');
  assert.equal(boundsText({ lower: -1e-128, upper: 1e-128 }, String), 'zero');
  for (const [value, row] of [[0.25, 0.5], [0.5, 1], [0.75, 1.5], [7, 2.5], [-1, -1]]) assert.equal(rowAt(found.rows, value), row, value);
  assert.equal(rowAt(found.rows.slice(0, 2), 7), 2);

  const native = (...buckets) => [[10, { count: '0', sum: '0', buckets }]];
  const added = toBuckets([
    { metric: { job: 'a' }, histograms: native([0, '1', '2', '4'], [0, '2', '4', '6']) },
    { metric: { job: 'b' }, histograms: native([3, '-0.001', '0.001', '7'], [0, '1', '4', '10']) },
  ], 100);
  // Nothing can lie between the bucket of zero and 1, so no row is there.
  assert.deepEqual(added.rows.map(({ lower, upper }) => [lower, upper]), [[-0.001, 0.001], [1, 2], [2, 4]]);
  assert.deepEqual(added.counts, [[7], [9], [11]]);
  assert.equal(added.histograms, 2);

  const many = Array.from({ length: 100 }, (_, i) => [0, String(i), String(i + 1), '1']);
  const few = toBuckets([{ metric: {}, histograms: native(...many) }], 30);
  assert.equal(few.rows.length, 25);
  assert.deepEqual([few.rows[0], few.rows.at(-1)], [{ lower: 0, upper: 4 }, { lower: 96, upper: 100 }]);
  assert.equal(few.counts.flat().reduce((a, b) => a + b), 100);

  const one = { metric: {}, histograms: Array.from({ length: 1000 }, (_, i) => [i, { count: '1', sum: '1', buckets: many.slice(0, 10) }]) };
  const bounded = toBuckets(Array.from({ length: 60 }, (_, i) => ({ ...one, metric: { i: String(i) } })), 100);
  assert.deepEqual([bounded.histograms, bounded.left, bounded.counts[0][0]], [50, 10, 50]);

  assert.equal(toBuckets([{ metric: { job: 'a' }, values: [[10, '1']] }], 100), null);
  assert.equal(toBuckets([classic('1', '3')], 100), null);
});

test('exemplars are sorted, and thinned out where there are many', async () => {
  const { toExemplars, thinOut, isTrace } = await load('plot/exemplars.ts');
  const one = (timestamp, value) => ({ labels: { trace_id: `${timestamp}` }, value: String(value), timestamp });
  const two = toExemplars([
    { seriesLabels: { le: '1' }, exemplars: [one(12, 0.5), one(13, '+Inf')] },
    { seriesLabels: { le: '2' }, exemplars: [one(11.5, 1.5)] },
  ]);
  assert.deepEqual(two.map(({ timeMs, value, series }) => [timeMs, value, series.le]), [[11_500, 1.5, '2'], [12_000, 0.5, '1']]);
  assert.deepEqual(thinOut(two, 0, 20_000), two);
  assert.deepEqual(thinOut(two, 12_000, 20_000).map(({ value }) => value), [0.5]);

  // Ten a second around 1, and every tenth second one far above.
  const crowd = toExemplars([{ seriesLabels: {}, exemplars: Array.from({ length: 5000 }, (_, i) => one(i / 10, i % 100 === 50 ? 50 : 1 + (i % 7) / 100)) }]);
  const kept = thinOut(crowd, 0, 500_000);
  assert.ok(kept.length >= 50 && kept.length <= 200, `${kept.length} are kept`);
  const stretches = new Set(kept.map(({ timeMs }) => Math.floor(timeMs / 10_000)));
  assert.equal(stretches.size, 50);
  assert.ok([...stretches].every((at) => kept.some(({ timeMs, value }) => Math.floor(timeMs / 10_000) === at && value === 50)));
  assert.equal(kept.filter(({ value }) => value < 2).length, 50);

  assert.deepEqual(['trace_id', 'traceID', 'TraceId', 'span_id', 'path'].map(isTrace), [true, true, true, true, false]);
});
