// The pure parts of dashboards, as tables of cases. Vite loads the TypeScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useSources } from './sources.mjs';

const sources = useSources();
const load = (path) => sources(`dashboards/${path}`);

test('units are written as Grafana writes them', async () => {
  const { formatUnit } = await load('field/units.ts');
  for (const [unit, value, decimals, expected] of [
    [undefined, 12.3456, undefined, '12.3'],
    ['none', 1_234_567, undefined, '1234567'],
    ['short', 1234, undefined, '1.23 K'],
    ['short', 1_500_000, undefined, '1.50 Mil'],
    ['short', 999_999, 1, '1.0 Mil'],
    ['short', 0, undefined, '0'],
    ['short', -2500, undefined, '-2.50 K'],
    ['sishort', 1500, undefined, '1.50 k'],
    ['percent', 12.345, undefined, '12.3%'],
    ['percentunit', 0.1234, undefined, '12.3%'],
    ['percentunit', 1, undefined, '100%'],
    ['bytes', 1_234_567, undefined, '1.18 MiB'],
    ['bytes', 1024, undefined, '1 KiB'],
    ['bytes', 512, undefined, '512 B'],
    ['decbytes', 1_234_567, undefined, '1.23 MB'],
    ['mbytes', 2048, undefined, '2 GiB'],
    ['bits', 2048, undefined, '2 Kib'],
    ['Bps', 1_500_000, undefined, '1.50 MB/s'],
    ['binBps', 1_048_576, undefined, '1 MiB/s'],
    ['bps', 1_000_000, undefined, '1 Mb/s'],
    ['bps', 0.5, undefined, '0.500 b/s'],
    ['pps', 1200, undefined, '1.20 kp/s'],
    ['ops', 1234, undefined, '1.23K ops/s'],
    ['reqps', 0.5, undefined, '0.500 req/s'],
    ['s', 90, undefined, '1.50 mins'],
    ['s', 3600, undefined, '1 hour'],
    ['s', 7200, undefined, '2 hours'],
    ['s', 0.05, undefined, '50 ms'],
    ['s', 0.000_002, undefined, '2 µs'],
    ['s', 0, undefined, '0 s'],
    ['ms', 1500, undefined, '1.50 s'],
    ['ms', 0.25, undefined, '250 µs'],
    ['dtdurations', 93_784, 2, '1 day, 2 hours, 3 minutes'],
    ['dtdurations', 3661, undefined, '1 hour'],
    ['dtdurationms', 1500, 1, '1 second, 500 milliseconds'],
    ['dthms', 3661, undefined, '01:01:01'],
    ['dateTimeAsIso', Date.UTC(2026, 0, 2, 3, 4, 5), undefined, '2026-01-02 03:04:05'],
    ['dateTimeAsUS', Date.UTC(2026, 0, 2, 3, 4, 5), undefined, '01/02/2026 03:04:05'],
    ['hertz', 2_400_000_000, undefined, '2.40 GHz'],
    ['watt', 0.5, undefined, '500 mW'],
    ['celsius', 21.5, 1, '21.5 °C'],
    ['currencyUSD', 1234, undefined, '$1.23K'],
    ['currencyUSD', -3, undefined, '-$3'],
    ['currencySEK', 12, undefined, '12 kr'],
    ['bool_yes_no', 0, undefined, 'No'],
    ['suffix: apples', 3, undefined, '3 apples'],
    ['prefix:v', 3, undefined, 'v3'],
    ['si:mFoo', 2500, undefined, '2.50 Foo'],
    ['count:things', 2500, undefined, '2.50K things'],
    ['parsecs', 3.14159, 2, '3.14 parsecs'],
  ]) {
    assert.equal(formatUnit(unit, value, decimals, 'utc'), expected, `${unit} ${value}`);
  }
});

test('variables are written as a format says', async () => {
  const { interpolate } = await load('variables/interpolate.ts');
  const chosen = (name, values, more = {}) => [name, { name, values, texts: values, pattern: values.length > 1, all: null, ...more }];
  const filling = {
    variables: new Map([
      chosen('one', ['a.b']),
      chosen('two', ['x', 'y"z']),
      chosen('multi', ['a.b'], { pattern: true }),
      chosen('all', ['p', 'q'], { pattern: true, all: '.*', texts: ['All'] }),
      chosen('pairs', ['v1'], { texts: ['First'] }),
    ]),
    range: { fromMs: Date.UTC(2026, 0, 2, 3, 4, 5), toMs: Date.UTC(2026, 0, 2, 4, 4, 5) },
    zone: 'utc',
    dashboard: { uid: 'u', title: 'T' },
  };
  for (const [text, expected] of [
    ['up{a="$one"}', 'up{a="a.b"}'],
    ['up{a=~"$multi"}', 'up{a=~"a\\\\.b"}'],
    ['up{a=~"$two"}', 'up{a=~"(x|y\\"z)"}'],
    ['up{a=~"$all"}', 'up{a=~".*"}'],
    ['[[one]] ${one}x $onex', 'a.b a.bx $onex'],
    ['${two:csv} ${two:pipe} ${two:raw}', 'x,y"z x|y"z x,y"z'],
    ['${two:json}', '["x","y\\"z"]'],
    ['${one:regex} ${two:regex}', 'a\\.b (x|y"z)'],
    ['${two:glob} ${one:glob}', '{x,y"z} a.b'],
    ['${two:singlequote} ${one:doublequote}', "'x','y\"z' \"a.b\""],
    ['${two:queryparam}', 'var-two=x&var-two=y%22z'],
    ['${all:queryparam} ${all:text}', 'var-all=$__all All'.replace('$', '%24')],
    ['${two:percentencode}', '%7Bx%2Cy%22z%7D'],
    ['${two:lucene}', '("x" OR "y\\"z")'],
    ['${pairs:text} $pairs', 'First v1'],
    ['$__from ${__to}', `${Date.UTC(2026, 0, 2, 3, 4, 5)} ${Date.UTC(2026, 0, 2, 4, 4, 5)}`],
    ['${__from:date} ${__from:date:YYYY-MM}', '2026-01-02T03:04:05.000Z 2026-01'],
    ['${__from:date:seconds}', String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000)],
    ['rate(x[$__rate_interval]) + $__interval', 'rate(x[$__rate_interval]) + $__interval'],
    ['${__dashboard.uid} $__dashboard', 'u T'],
    ['costs $5 and ${unknown}', 'costs $5 and ${unknown}'],
  ]) {
    assert.equal(interpolate(text, filling), expected, text);
  }
});

test('options are filtered, cut and sorted; choices follow the address', async () => {
  const { makeOptions } = await load('variables/options.ts');
  const { choose, ALL } = await load('variables/choose.ts');
  const values = (regex, sort, found) => makeOptions(found, { regex, sort }).map(({ text, value }) => (text === value ? value : `${text}=${value}`));
  for (const [regex, sort, found, expected] of [
    ['', 'none', ['b', 'a', 'b'], ['b', 'a']],
    ['', 'alphabetical-desc', ['a', 'c', 'b'], ['c', 'b', 'a']],
    ['', 'numerical-asc', ['n10', 'n9', 'n1'], ['n1', 'n9', 'n10']],
    ['', 'natural-desc', ['n10', 'n9', 'n1'], ['n10', 'n9', 'n1']],
    ['/^n(\\d)$/', 'none', ['n1', 'n10', 'm2'], ['1']],
    ['/host="(?<text>[^"]+)".*ip="(?<value>[^"]+)"/', 'none', ['{host="a",ip="1"}'], ['a=1']],
    ['n.', 'none', ['n1', 'xn1', 'n12'], ['n1']],
    ['/broken(/', 'none', ['a'], ['a']],
  ]) {
    assert.deepEqual(values(regex, sort, found), expected, regex + sort);
  }
  const variable = (more) => ({ kind: 'query', name: 'v', multi: false, includeAll: false, allValue: '', current: [], regex: '', ...more });
  const options = ['a', 'b'].map((value) => ({ text: value, value }));
  for (const [more, asked, expected] of [
    [{}, undefined, ['a']],
    [{ current: ['b'] }, undefined, ['b']],
    [{ current: ['gone'] }, undefined, ['a']],
    [{ current: ['b'] }, ['a'], ['a']],
    [{}, ['gone'], ['gone']],
    [{ includeAll: true, current: ['gone'] }, undefined, [ALL]],
    [{ multi: true }, ['a', 'b'], ['a', 'b']],
    [{}, [ALL], ['All']],
    [{}, ['a', 'b'], ['a']],
  ]) {
    assert.deepEqual(choose(variable(more), options, asked).selected, expected, JSON.stringify([more, asked]));
  }
  const all = choose(variable({ includeAll: true, multi: true }), options, [ALL]).chosen;
  assert.deepEqual([all.values, all.texts, all.all], [['a', 'b'], ['All'], null]);
  const many = Array.from({ length: 600 }, (_, i) => ({ text: `${i}`, value: `${i}` }));
  assert.equal(choose(variable({ includeAll: true }), many, [ALL]).chosen.all, '.*');
  assert.equal(choose(variable({ includeAll: true, regex: '/x/' }), many, [ALL]).chosen.all, null);
});

test('filters are added to every selector of a query, and to nothing else', async () => {
  const { addFilters, parseFilter, formatFilter } = await load('variables/adhoc.ts');
  const filter = { label: 'a', operator: '=~', value: 'x|y' };
  assert.deepEqual(parseFilter(formatFilter(filter)), filter);
  for (const [expr, expected] of [
    ['up', 'up{a=~"x|y"}'],
    ['up{}', 'up{a=~"x|y"}'],
    ['up{b="c}"} / on (job) up', 'up{a=~"x|y",b="c}"} / on (job) up{a=~"x|y"}'],
    ['sum by (job) (rate(x_total[5m] offset 1m)) > bool 2', 'sum by (job) (rate(x_total{a=~"x|y"}[5m] offset 1m)) > bool 2'],
    ['histogram_quantile(0.9, sum(rate(h_bucket[$__rate_interval])) by (le))', 'histogram_quantile(0.9, sum(rate(h_bucket{a=~"x|y"}[$__rate_interval])) by (le))'],
    ['label_replace(up, "job", "$1", "x", "(.*)")', 'label_replace(up{a=~"x|y"}, "job", "$1", "x", "(.*)")'],
    ['a:b:c or vector(1e3)', 'a:b:c{a=~"x|y"} or vector(1e3)'],
  ]) {
    assert.equal(addFilters(expr, [filter]), expected, expr);
  }
});

test('spans of time are read', async () => {
  const { parseMoment, describeRange, resolveRange } = await load('time-range.ts');
  const now = Date.UTC(2026, 4, 13, 15, 30, 20);
  for (const [text, end, expected] of [
    ['now', false, now],
    ['now-6h', false, now - 21_600_000],
    ['now-1d/d', false, Date.UTC(2026, 4, 12)],
    ['now/d', true, Date.UTC(2026, 4, 14) - 1],
    ['now/w', false, Date.UTC(2026, 4, 11)],
    ['now/M', false, Date.UTC(2026, 4, 1)],
    ['now-1y/y', false, Date.UTC(2025, 0, 1)],
    ['1767323045000', false, 1_767_323_045_000],
    ['2026-01-02 03:04:05', false, Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02', false, Date.UTC(2026, 0, 2)],
    ['2026-01-02T03:04:05+01:00', false, Date.UTC(2026, 0, 2, 2, 4, 5)],
    ['now-6x', false, null],
    ['yesterday', false, null],
  ]) {
    assert.equal(parseMoment(text, now, 'utc', end), expected, text);
  }
  assert.equal(describeRange({ from: 'now-45m', to: 'now' }, 'utc'), 'Last 45 minutes');
  assert.deepEqual(resolveRange({ from: 'now', to: 'now-1h' }, now, 'utc'), { fromMs: now - 3_660_000, toMs: now - 3_600_000 });
});

test('addresses of dashboards are read and changed', async () => {
  const { parseAddress, changeSearch, parsePath, pathOf } = await load('address.ts');
  const found = parseAddress('from=now-1h&to=now&refresh=5s&var-job=a&var-job=b&var-all=All&viewPanel=panel-3&kiosk');
  assert.deepEqual([...found.variables], [['job', ['a', 'b']], ['all', ['$__all']]]);
  assert.deepEqual([found.range, found.refresh, found.viewPanel, found.kiosk], [{ from: 'now-1h', to: 'now' }, '5s', '3', true]);
  assert.equal(changeSearch('a=1&var-x=1&var-x=2', { 'var-x': ['3', '4'], kiosk: '' }), 'a=1&var-x=3&var-x=4&kiosk');
  assert.equal(changeSearch('kiosk&from=1', { kiosk: null }), 'from=1');
  assert.deepEqual(parsePath('d/a%2Fb/some-title'), { uid: 'a/b' });
  assert.equal(parsePath('dashboards'), null);
  assert.equal(pathOf({ uid: 'x', title: 'Node / CPU (été)' }), 'd/x/node-cpu-%C3%A9t%C3%A9');
});

test('series are named by their legend, or by what tells them apart', async () => {
  const { toFrames } = await load('data/from-answer.ts');
  const names = (legend, ...metrics) =>
    toFrames({ resultType: 'matrix', result: metrics.map((metric) => ({ metric, values: [[1, '2']] })) }, { query: { refId: 'A', format: 'time_series' }, expr: 'e', legend, stepMs: 0, several: false })
      .map(({ fields }) => fields[1].legend);
  const [a, b] = [{ __name__: 'm', job: 'x', n: '1' }, { __name__: 'm', job: 'y', n: '1' }];
  for (const [legend, metrics, expected] of [
    ['{{job}} of {{ nothing }}', [a], ['x of ']],
    ['', [a], ['m{job="x", n="1"}']],
    ['', [{}], ['e']],
    ['__auto', [a, b], ['x', 'y']],
    ['__auto', [a, { ...b, n: '2' }], ['{job="x", n="1"}', '{job="y", n="2"}']],
    ['__auto', [a], ['m']],
    ['__auto', [{}], ['e']],
  ]) {
    assert.deepEqual(names(legend, ...metrics), expected, legend);
  }
  const buckets = ['1', '+Inf', '0.5'].map((le, i) => ({ metric: { le }, values: [[1, String([5, 9, 2][i])]] }));
  const [heat] = toFrames({ resultType: 'matrix', result: buckets }, { query: { refId: 'A', format: 'heatmap' }, expr: 'e', legend: '', stepMs: 0, several: false });
  assert.deepEqual(plain([heat]), [{ Time: [1000], 0.5: [2], 1: [3], '+Inf': [4] }]);
  const native = [{ metric: {}, histograms: [[1, { count: '5', sum: '9', buckets: [[3, '-0.0000000001', '0.0000000001', '2'], [0, '1', '2', '3']] }]] }];
  for (const format of ['heatmap', 'time_series']) {
    const [pictured] = toFrames({ resultType: 'matrix', result: native }, { query: { refId: 'A', format }, expr: 'e', legend: '', stepMs: 0, several: false, heatmap: true });
    assert.deepEqual(plain([pictured]), [{ Time: [1000], 0: [2], 2: [3] }]);
  }
  const [counted] = toFrames({ resultType: 'matrix', result: native }, { query: { refId: 'A', format: 'time_series' }, expr: 'e', legend: 'n', stepMs: 0, several: false });
  assert.deepEqual(counted.fields[1].values, [5]);
});

const field = (name, type, values, more = {}) => ({ name, type, values, config: {}, ...more });
const frame = (refId, fields, more = {}) => ({ refId, fields, length: fields[0]?.values.length ?? 0, stepMs: 0, ...more });
const plain = (frames) => frames.map(({ fields }) => Object.fromEntries(fields.map(({ name, values }) => [name, values])));

const series = (refId, labels, times, values) =>
  frame(refId, [field('Time', 'time', times), field('Value', 'number', values, { labels, legend: Object.values(labels).join('-') })], { stepMs: 10 });

test('transformations do what Grafana\'s do', async () => {
  const { transform } = await load('transform/apply.ts');
  const table = (refId, rows, value) =>
    frame(refId, [field('Time', 'time', rows.map(() => 1)), field('host', 'string', rows.map(([host]) => host)), field(value, 'number', rows.map(([, number]) => number))]);
  const a = table('A', [['x', 1], ['y', 2]], 'Value #A');
  const b = table('B', [['y', 20], ['z', 30]], 'Value #B');
  const s1 = series('A', { job: 'p' }, [10, 20], [1, 2]);
  const s2 = series('A', { job: 'q' }, [20, 30], [3, 4]);
  for (const [what, frames, steps, expected] of [
    ['merge', [a, b], [['merge', {}]], [{ Time: [1, 1, 1], host: ['x', 'y', 'z'], 'Value #A': [1, 2, null], 'Value #B': [null, 20, 30] }]],
    ['organize', [a], [['organize', { excludeByName: { Time: true }, renameByName: { host: 'Host' }, indexByName: { 'Value #A': 0, host: 1 } }]], [{ 'Value #A': [1, 2], Host: ['x', 'y'] }]],
    ['joinByField outer', [a, b], [['joinByField', { byField: 'host', mode: 'outer' }]], [{ host: ['x', 'y', 'z'], Time: [1, 1, null], 'Value #A': [1, 2, null], 'Time 2': [null, 1, 1], 'Value #B': [null, 20, 30] }]],
    ['joinByField inner', [a, b], [['joinByField', { byField: 'host', mode: 'inner' }], ['filterFieldsByName', { include: { names: ['host', 'Value #B'] } }]], [{ host: ['y'], 'Value #B': [20] }]],
    ['seriesToColumns', [s1, s2], [['seriesToColumns', {}]], [{ Time: [10, 20, 30], Value: [null, 3, 4] }]],
    ['renameByRegex', [a], [['renameByRegex', { regex: '/Value #(.*)/', renamePattern: 'of $1' }]], [{ Time: [1, 1], host: ['x', 'y'], 'of A': [1, 2] }]],
    ['filterFieldsByName by pattern', [a], [['filterFieldsByName', { include: { pattern: '/Value/' } }]], [{ 'Value #A': [1, 2] }]],
    ['filterByName exclude', [a], [['filterByName', { exclude: { names: ['Time'] } }]], [{ host: ['x', 'y'], 'Value #A': [1, 2] }]],
    ['filterByRefId', [a, b], [['filterByRefId', { include: 'B' }]], plain([b])],
    ['filterByValue', [a], [['filterByValue', { type: 'include', match: 'all', filters: [{ fieldName: 'Value #A', config: { id: 'greater', options: { value: 1 } } }] }]], [{ Time: [1], host: ['y'], 'Value #A': [2] }]],
    ['sortBy', [a], [['sortBy', { sort: [{ field: 'Value #A', desc: true }] }]], [{ Time: [1, 1], host: ['y', 'x'], 'Value #A': [2, 1] }]],
    ['limit', [a], [['limit', { limitField: 1 }]], [{ Time: [1], host: ['x'], 'Value #A': [1] }]],
    ['groupBy', [table('A', [['x', 1], ['y', 2], ['x', 5]], 'v')], [['groupBy', { fields: { host: { operation: 'groupby' }, v: { operation: 'aggregate', aggregations: ['sum', 'count'] } } }]], [{ host: ['x', 'y'], 'v (sum)': [6, 2], 'v (count)': [2, 1] }]],
    ['reduce', [s1, s2], [['reduce', { reducers: ['max', 'mean'] }]], [{ Field: ['p', 'q'], Max: [2, 4], Mean: [1.5, 3.5] }]],
    ['reduce with labels', [s1, s2], [['reduce', { reducers: ['last'], labelsToFields: true }]], [{ job: ['p', 'q'], Last: [2, 4] }]],
    ['reduceFields', [a], [['reduce', { mode: 'reduceFields', reducers: ['sum'] }]], [{ 'Value #A': [3] }]],
    ['labelsToFields', [s1], [['labelsToFields', {}]], [{ Time: [10, 20], job: ['p', 'p'], Value: [1, 2] }]],
    ['labelsToFields as name', [s1, s2], [['labelsToFields', { valueLabel: 'job' }]], [{ Time: [10, 20, 30], p: [1, 2, null], q: [null, 3, 4] }]],
    ['labels as rows', [s1], [['labelsToFields', { mode: 'rows' }]], [{ label: ['job'], value: ['p'] }]],
    ['calculateField binary', [a], [['calculateField', { mode: 'binary', binary: { left: 'Value #A', operator: '*', right: '10' }, alias: 'ten' }]], [{ Time: [1, 1], host: ['x', 'y'], 'Value #A': [1, 2], ten: [10, 20] }]],
    ['calculateField row', [b], [['calculateField', { mode: 'reduceRow', reduce: { reducer: 'sum' }, alias: 'total', replaceFields: true }]], [{ Time: [1, 1], total: [20, 30] }]],
    ['timeSeriesTable', [s1, s2], [['timeSeriesTable', {}]], [{ job: ['p', 'q'], 'Trend #A': [2, 4] }]],
    ['seriesToRows', [s1], [['seriesToRows', {}]], [{ Time: [20, 10], Metric: ['p', 'p'], Value: [2, 1] }]],
    ['extractFields', [frame('A', [field('line', 'string', ['{"a":1,"b":"x"}', '{"a":2}'])])], [['extractFields', { source: 'line', format: 'json', replace: true }]], [{ a: [1, 2], b: ['x', null] }]],
    ['extractFields pairs', [frame('A', [field('line', 'string', ['a=1 b="x y"'])])], [['extractFields', { source: 'line', format: 'kvp', replace: true }]], [{ a: ['1'], b: ['x y'] }]],
    ['convertFieldType', [frame('A', [field('v', 'string', ['1', 'x'])])], [['convertFieldType', { conversions: [{ targetField: 'v', destinationType: 'number' }] }]], [{ v: [1, null] }]],
    ['configFromData', [s1, table('C', [['x', 9]], 'max')], [['configFromData', { configRefId: 'C' }]], [{ Time: [10, 20], Value: [1, 2] }]],
    ['one that nobody knows', [a], [['somethingNew', {}]], plain([a])],
  ]) {
    const transformations = steps.map(([id, options]) => ({ id, disabled: false, filter: null, options }));
    assert.deepEqual(plain(transform(frames, transformations)), expected, what);
  }
});

test('calculations, thresholds and mappings', async () => {
  const { calculate } = await load('field/calcs.ts');
  const numbers = field('v', 'number', [4, null, 1, 3, null]);
  for (const [id, expected] of [
    ['lastNotNull', 3], ['last', null], ['first', 4], ['min', 1], ['max', 4], ['mean', 8 / 3], ['sum', 8], ['count', 5], ['range', 3],
    ['diff', -1], ['delta', 3], ['median', 3], ['avg', 8 / 3], ['p95', 4], ['distinctCount', 4], ['changeCount', 4],
  ]) {
    assert.equal(calculate(id, numbers), expected, id);
  }
  assert.equal(calculate('stdDev', field('v', 'number', [2, 4, 4, 4, 5, 5, 7, 9])), 2);
  assert.equal(calculate('max', field('v', 'number', [])), null);
  const { thresholdColour } = await load('field/thresholds.ts');
  const steps = [{ value: null, color: 'green' }, { value: 50, color: 'orange' }, { value: 80, color: 'red' }];
  for (const [mode, value, max, expected] of [
    ['absolute', 49, 100, 'green'], ['absolute', 50, 100, 'orange'], ['absolute', 1000, 100, 'red'], ['percentage', 100, 200, 'orange'], ['percentage', 99, 200, 'green'],
  ]) {
    assert.equal(thresholdColour({ mode, steps }, value, 0, max), expected, `${mode} ${value}`);
  }
  const { mapValue } = await load('field/mappings.ts');
  const result = (text) => ({ text, color: null, index: 0 });
  const mappings = [
    { kind: 'value', value: '1', result: result('one') },
    { kind: 'range', from: 10, to: 20, result: result('teens') },
    { kind: 'regex', pattern: '/^v(.*)$/', result: result('version $1') },
    { kind: 'special', match: 'null+nan', result: result('nothing') },
  ];
  for (const [value, expected] of [[1, 'one'], ['1', 'one'], [15, 'teens'], ['v2', 'version 2'], [null, 'nothing'], [Number.NaN, 'nothing'], [5, undefined]]) {
    assert.equal(mapValue(value, mappings)?.text, expected, String(value));
  }
});

test('overrides speak of the fields that they fit', async () => {
  const { configure } = await load('field/config.ts');
  const frames = [series('A', { job: 'p' }, [1], [1]), series('B', { job: 'q' }, [1], [2])];
  const decimals = (matcher) =>
    configure(frames, { decimals: 1, custom: { a: 1 } }, [{ matcher, properties: { decimals: 2, custom: { b: 2 } } }]).map(({ fields }) => fields[1].config.decimals);
  for (const [id, options, expected] of [
    ['byName', 'p', [2, 1]], ['byRegexp', '/q/', [1, 2]], ['byFrameRefID', 'B', [1, 2]], ['byType', 'number', [2, 2]],
    ['byNames', { mode: 'exclude', names: ['p'] }, [1, 2]], ['byValue', { reducer: 'max', op: '>', value: 1 }, [1, 2]], ['unheard', 'p', [1, 1]],
  ]) {
    assert.deepEqual(decimals({ id, options }), expected, id);
  }
  const [first] = configure(frames, { unit: 's', custom: { a: 1 } }, [{ matcher: { id: 'byName', options: 'p' }, properties: { custom: { b: 2 } } }]);
  assert.deepEqual(first.fields[1].config, { unit: 's', custom: { a: 1, b: 2 } });
  assert.equal(first.fields[0].config.unit, undefined);
});

test('colours can be read on the surface they stand on', async () => {
  const { readable, resolveColour, textOn } = await load('field/colours.ts');
  const { luminance } = await load('../plot/colours.ts');
  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  for (const name of ['green', 'semi-dark-orange', 'super-light-yellow', 'dark-blue', '#ff0', 'rgb(10, 200, 30)', 'hsl(120, 50%, 50%)', 'red', 'text', 'nonsense']) {
    for (const [shade, surface] of [['light', '#ffffff'], ['dark', '#1f1c1a']]) {
      const colour = resolveColour(name, shade);
      assert.match(colour, /^#[0-9a-f]{6}$/, name);
      assert.ok(contrast(readable(colour, shade), surface) >= 4.5, `${name} as text, ${shade}`);
      assert.ok(contrast(textOn(colour), colour) >= 4.5, `text on ${name}, ${shade}`);
    }
  }
});

test('lines are put on one axis, gaps and stacks told apart', async () => {
  const { toLines, stackLines, valueAt } = await load('plot/lines.ts');
  const one = series('A', { job: 'p' }, [10, 20, 50], [1, 2, 5]);
  const two = series('A', { job: 'q' }, [10, 20, 30, 40, 50], [1, 1, 1, 1, 1]);
  const { times, lines } = toLines([one, two]);
  assert.deepEqual(times, [0.01, 0.02, 0.03, 0.04, 0.05]);
  assert.deepEqual(lines[0].column, [1, 2, null, null, 5]);
  const stacking = (mode) => lines.map((line) => ({ ...line, field: { ...line.field, config: { custom: { stacking: { mode } } } } }));
  assert.deepEqual(stackLines(stacking('normal')).columns[1], [2, 3, 1, 1, 6]);
  assert.deepEqual(stackLines(stacking('normal')).bands, [[1, 0]]);
  assert.deepEqual(stackLines(stacking('percent')).columns[0][0], 0.5);
  assert.deepEqual(stackLines(lines).bands, []);
  const coarse = { column: [1, undefined, null, undefined, 5], frame: { stepMs: 20 } };
  assert.deepEqual([0, 1, 2, 3, 4].map((i) => valueAt(coarse, times, i)), [1, 1, null, null, 5]);
});

test('axes reach as far as values and documents say', async () => {
  const { rangeOf } = await load('plot/scales.ts');
  const rules = { min: undefined, max: undefined, softMin: undefined, softMax: undefined, log: null, bothWays: false, symmetric: false, fromZero: false, percent: false };
  for (const [more, low, high, expected] of [
    [{}, 100, 200, [94, 206]],
    [{}, 1, 100, [0, 105.94]],
    [{ fromZero: true }, 50, 100, [0, 106]],
    [{ min: 0, max: 1 }, 5, 9, [0, 1]],
    [{ softMax: 100 }, 0, 10, [0, 100]],
    [{}, 5, 5, [3.88, 6.12]],
    [{}, 0, 0, [0, 1.06]],
    [{ symmetric: true }, -1, 10, [-11.2, 11.2]],
    [{ log: 10 }, 5, 500, [1, 1000]],
    [{}, null, null, [0, 1.06]],
  ]) {
    const found = rangeOf({ ...rules, ...more }, low, high).map((value) => Number(value.toPrecision(6)));
    assert.deepEqual(found, expected, JSON.stringify([more, low, high]));
  }
});

test('neighbours are one mark and one state, and a gap parts them', async () => {
  const { toMarks } = await load('data/marks.ts');
  const annotation = { name: 'n', color: 'red', title: '{{a}}', text: 'x', tags: '', useValueForTime: false };
  const values = [[10, '1'], [20, '1'], [30, '0'], [40, '1'], [70, '1']];
  const marks = toMarks(annotation, { metric: { a: 'b' }, values }, 10_000);
  assert.deepEqual(marks.map(({ fromMs, toMs, text }) => [fromMs, toMs, text]), [[10_000, 20_000, 'b · x'], [40_000, 40_000, 'b · x'], [70_000, 70_000, 'b · x']]);
  const byValue = toMarks({ ...annotation, useValueForTime: true }, { metric: {}, values: [[10, '5'], [20, '5'], [30, '7']] }, 10_000);
  assert.deepEqual(byValue.map(({ fromMs }) => fromMs), [5000, 7000]);
  const { toStretches } = await load('plot/stretches.ts');
  const stretches = (joined, given) =>
    toStretches(field('Time', 'time', given.map((_, i) => i * 10)), field('v', 'number', given), 10, 1000, joined, 100, (value) => (value > 5 ? 'high' : 'low'))
      .map(({ fromMs, toMs, value }) => [fromMs, toMs, value]);
  assert.deepEqual(stretches(true, [1, 2, 9, null, 9]), [[0, 20, 1], [20, 30, 9], [40, 50, 9]]);
  assert.deepEqual(stretches(false, [1, 2]), [[0, 10, 1], [10, 20, 2]]);
});

test('a refresh continues what is held', async () => {
  const { resumeAt, joinHeld, joinExemplars } = await load('data/hold.ts');
  const data = { resultType: 'matrix', result: [{ metric: { a: 'x' }, values: [[10, '1'], [20, '2'], [30, '3']] }, { metric: { a: 'old' }, values: [[10, '9']] }] };
  const held = { key: 'k', startMs: 10_000, endMs: 30_000, stepMs: 5000, expr: '', data };
  for (const [key, from, to, expected] of [['k', 12_000, 40_000, 20_000], ['other', 12_000, 40_000, null], ['k', 0, 40_000, null], ['k', 25_000, 40_000, null], ['k', 12_000, 25_000, null]]) {
    assert.equal(resumeAt(held, key, from, to), expected, `${key} ${from} ${to}`);
  }
  assert.equal(resumeAt(undefined, 'k', 0, 1), null);
  const newer = { resultType: 'matrix', result: [{ metric: { a: 'x' }, values: [[20, '2.5'], [30, '3.5'], [40, '4']] }, { metric: { a: 'new' }, values: [[40, '7']] }] };
  const joined = joinHeld(held, newer, 20_000, 17_000).result;
  assert.deepEqual(joined.map(({ metric, values }) => [metric.a, values]), [['x', [[20, '2.5'], [30, '3.5'], [40, '4']]], ['new', [[40, '7']]]]);
  assert.deepEqual(joinHeld(held, newer, 20_000, 10_000).result[0].values, [[10, '1'], [20, '2.5'], [30, '3.5'], [40, '4']]);

  const native = (...times) => ({ resultType: 'matrix', result: [{ metric: {}, histograms: times.map((time) => [time, { count: '1', sum: '1' }]) }] });
  const pictures = joinHeld({ ...held, data: native(10, 20, 30) }, native(20, 30, 40), 20_000, 17_000).result;
  assert.deepEqual(pictures.map(({ values, histograms }) => [values, histograms.map(([time]) => time)]), [[undefined, [20, 30, 40]]]);
  const at = (...times) => times.map((timeMs) => ({ timeMs }));
  assert.deepEqual(joinExemplars({ ...held, exemplars: at(12_000, 18_000, 25_000) }, at(25_000, 35_000), 20_000, 17_000), at(18_000, 25_000, 35_000));
});

test('panels and rows repeat, and make room', async () => {
  const { toSections } = await load('repeat.ts');
  const panel = (id, x, y, w, h, more = {}) => ({ id, kind: 'stat', place: { x, y, w, h }, panels: [], repeat: null, ...more });
  const lookup = (name) => ({ name, values: ['a', 'b', 'c'], texts: ['a', 'b', 'c'], pattern: true, all: null });
  const repeat = { variable: 'v', direction: 'h', maxPerRow: 2 };
  const [top] = toSections([panel(1, 0, 0, 12, 4, { repeat }), panel(2, 0, 4, 24, 3)], lookup);
  assert.deepEqual(top.panels.map(({ key, panel: { place } }) => [key, place.x, place.y, place.w]), [['1', 0, 0, 12], ['1-b', 12, 0, 12], ['1-c', 0, 4, 12], ['2', 0, 8, 24]]);
  assert.deepEqual(top.panels[1].scoped.get('v').values, ['b']);
  const rows = toSections([panel(9, 0, 0, 24, 1, { kind: 'row', repeat, title: '$v' }), panel(3, 0, 1, 24, 4)], lookup);
  assert.deepEqual(rows.map(({ key, panels }) => [key, panels.map((placed) => placed.key)]), [['row-9', ['3']], ['row-9-b', ['3-b']], ['row-9-c', ['3-c']]]);
});

test('links run nothing', async () => {
  globalThis.document ??= { baseURI: 'http://host/prefix/' };
  globalThis.location ??= { pathname: '/prefix/d/here' };
  const { safeHref, ownPlace } = await load('links.ts');
  assert.deepEqual(ownPlace('/prefix/d/x/y?a=b'), { path: 'd/x/y', search: 'a=b' });
  assert.equal(ownPlace('/prefix/nowhere'), null);
  for (const [url, expected] of [
    ['https://a.b/c', 'https://a.b/c'], ['/d/x?var-a=b', '/prefix/d/x?var-a=b'], ['?from=1', '/prefix/d/here?from=1'], ['d/x', '/prefix/d/x'], ['/elsewhere', '/elsewhere'], ['javascript:alert(1)', null], [' JaVaScript:alert(1)', null],
    ['java\nscript:alert(1)', null], ['data:text/html,x', null], ['//evil.example', null], ['\\\\evil.example', null], ['', null],
  ]) {
    assert.equal(safeHref(url), expected, url);
  }
});

test('an edited panel changes its document and nothing else', async () => {
  const { applyEdit } = await load('edit/apply.ts');
  const before = {
    id: 7, kind: 'timeseries', givenKind: 'timeseries', title: 'Old', description: '', place: { x: 0, y: 0, w: 12, h: 8 }, options: {},
    queries: [{ refId: 'A', expr: 'up', legendFormat: '' }], fieldConfig: { defaults: { unit: 's' }, overrides: [] },
  };
  const document = {
    uid: 'u', extra: { kept: true }, panels: [{ type: 'row', panels: [{
      id: 7, type: 'timeseries', title: 'Old', gridPos: { x: 0, y: 3, w: 12, h: 8 }, targets: [{ refId: 'A', expr: 'up', datasource: { uid: 'd' } }],
      fieldConfig: { defaults: { unit: 's', custom: { lineWidth: 2 } }, overrides: [{ matcher: {} }] },
    }] }],
  };
  const after = { ...before, title: 'New', place: { ...before.place, w: 6 }, queries: [{ refId: 'A', expr: 'sum(up)', legendFormat: '' }], fieldConfig: { defaults: { unit: 'ms' }, overrides: [] } };
  const saved = applyEdit(document, before, after);
  const panel = saved.panels[0].panels[0];
  assert.deepEqual(panel, {
    id: 7, type: 'timeseries', title: 'New', gridPos: { x: 0, y: 3, w: 6, h: 8 }, targets: [{ refId: 'A', expr: 'sum(up)', datasource: { uid: 'd' } }],
    fieldConfig: { defaults: { unit: 'ms', custom: { lineWidth: 2 } }, overrides: [{ matcher: {} }] },
  });
  assert.equal(document.panels[0].panels[0].title, 'Old');
  assert.deepEqual(saved.extra, { kept: true });
  assert.equal(applyEdit(document, { ...before, id: 8 }, after), null);
});
