// What documents of other people count on, beyond panels and queries: zones, zeros, regions of time,
// places, and words of older versions. Vite loads the TypeScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useSources } from './sources.mjs';

const load = useSources();

const field = (name, type, values, more = {}) => ({ name, type, values, config: {}, ...more });
const frame = (fields, more = {}) => ({ refId: 'A', fields, length: fields[0].values.length, stepMs: 0, ...more });

test('a zone by its name shows its clocks, also when they change', async () => {
  const { fromClock, isZone, offsetAt } = await load('lib/zone.ts');
  const { formatTime, formatTimeWithZone, parseTime } = await load('lib/time.ts');
  for (const [zone, at, expected] of [
    ['Europe/Berlin', Date.UTC(2026, 0, 1), '2026-01-01 01:00:00 +01:00'],
    ['Europe/Berlin', Date.UTC(2026, 6, 1), '2026-07-01 02:00:00 +02:00'],
    ['Asia/Kolkata', Date.UTC(2026, 6, 1), '2026-07-01 05:30:00 +05:30'],
    ['America/St_Johns', Date.UTC(2026, 0, 1), '2025-12-31 20:30:00 −03:30'],
    ['utc', Date.UTC(2026, 6, 1), '2026-07-01 00:00:00 UTC'],
  ]) {
    assert.equal(formatTimeWithZone(at, zone), expected, zone);
    assert.equal(parseTime(formatTime(at, zone), zone), at, zone);
  }
  assert.equal(offsetAt(Date.UTC(2026, 2, 29, 0, 59, 59), 'Europe/Berlin'), 3_600_000);
  assert.equal(offsetAt(Date.UTC(2026, 2, 29, 1), 'Europe/Berlin'), 7_200_000);
  // Half past two is left out on this night.
  assert.ok(Number.isFinite(fromClock(Date.UTC(2026, 2, 29, 2, 30), 'Europe/Berlin')));
  assert.deepEqual(['Europe/Berlin', 'utc', 'local', 'browser', 'Nowhere/Land'].map(isZone), [true, true, true, false, false]);
  assert.equal(formatTime(Number.NaN, 'Europe/Berlin'), 'unknown');
  assert.equal(formatTime(1e300, 'Europe/Berlin'), 'unknown');
});

test('days begin where the zone has midnight', async () => {
  const { parseMoment } = await load('dashboards/time-range.ts');
  const { momentTicks } = await load('plot/ticks.ts');
  const now = Date.UTC(2026, 2, 29, 12);
  for (const [text, zone, end, expected] of [
    ['now/d', 'Europe/Berlin', false, Date.UTC(2026, 2, 28, 23)],
    ['now/d', 'Europe/Berlin', true, Date.UTC(2026, 2, 29, 22) - 1],
    ['now-1d', 'Europe/Berlin', false, Date.UTC(2026, 2, 28, 13)],
    ['now-1d/d', 'Asia/Kolkata', false, Date.UTC(2026, 2, 27, 18, 30)],
    ['now-1M/M', 'Europe/Berlin', false, Date.UTC(2026, 0, 31, 23)],
    ['now-24h', 'Europe/Berlin', false, Date.UTC(2026, 2, 28, 12)],
    ['2026-07-01 12:00', 'Europe/Berlin', false, Date.UTC(2026, 6, 1, 10)],
  ]) {
    assert.equal(parseMoment(text, now, zone, end), expected, `${text} ${zone}`);
  }
  const ticks = momentTicks(now, now + 4 * 3_600_000, 500, 'Asia/Kolkata').map(({ text }) => text);
  assert.deepEqual(ticks, ['18:00', '19:00', '20:00', '21:00']);
});

test('panels settle without gaps and without covering each other', async () => {
  const { settle } = await load('dashboards/layout.ts');
  const at = (x, y, w, h) => ({ panel: { place: { x, y, w, h } } });
  const places = (list) => settle(list).map(({ panel: { place } }) => [place.x, place.y, place.w, place.h]);
  assert.deepEqual(places([at(0, 5, 12, 4), at(12, 5, 12, 2), at(0, 9, 24, 3)]), [[0, 0, 12, 4], [12, 0, 12, 2], [0, 4, 24, 3]]);
  assert.deepEqual(places([at(0, 0, 12, 6), at(0, 3, 12, 9), at(12, 3, 12, 2)]), [[0, 0, 12, 6], [0, 6, 12, 9], [12, 0, 12, 2]]);
  assert.deepEqual(places([]), []);
});

test('what is missing is zero where a graph says so', async () => {
  const { fillZeros } = await load('dashboards/data/zeros.ts');
  const zero = { config: { custom: { nullValueMode: 'null as zero' } } };
  const given = frame([field('Time', 'time', [20, 40]), field('v', 'number', [7, Number.NaN], zero), field('w', 'number', [1, 2])], { stepMs: 10 });
  const { fields, length } = fillZeros(given, { fromMs: 3, toMs: 55 });
  assert.deepEqual([length, ...fields.map(({ values }) => values)], [5, [10, 20, 30, 40, 50], [0, 7, 0, 0, 0], [null, 1, null, 2, null]]);
  const plain = frame([field('Time', 'time', [20]), field('v', 'number', [7])], { stepMs: 10 });
  assert.equal(fillZeros(plain, { fromMs: 0, toMs: 50 }), plain);
  const long = fillZeros({ ...given, stepMs: 1 }, { fromMs: 3, toMs: 1e9 });
  assert.equal(long.length, 11_000);
});

test('regions of time come again', async () => {
  const { regionMarks } = await load('dashboards/data/regions.ts');
  const monday = Date.UTC(2026, 2, 2);
  const day = 86_400_000;
  const found = (region, from, to) => regionMarks([region], { fromMs: from, toMs: to }).map(({ fromMs, toMs }) => [(fromMs - monday) / day, (toMs - monday) / day]);
  assert.deepEqual(found({ fromDayOfWeek: 1, from: '12:00', toDayOfWeek: 2, to: '06:00' }, monday, monday + 9 * day), [[0.5, 1.25], [7.5, 8.25]]);
  assert.deepEqual(found({ from: '18:00', to: '06:00' }, monday + day / 2, monday + day), [[0.75, 1.25]]);
  assert.deepEqual(found({ fromDayOfWeek: 6, toDayOfWeek: 7 }, monday, monday + 6 * day + 1), [[-2, 0], [5, 7]]);
  assert.deepEqual(found({}, monday, monday + day), []);
  assert.equal(regionMarks([{ from: '00:00', to: '12:00' }], { fromMs: 0, toMs: monday }).length, 200);
  const [look] = regionMarks([{ from: '08:00', to: '09:00', colorMode: 'custom', fillColor: 'red' }], { fromMs: monday, toMs: monday + day });
  assert.deepEqual([look.color, look.quiet], ['red', true]);
});

test('a legend leaves out what is all zero, and nothing else', async () => {
  const { configure } = await load('dashboards/field/config.ts');
  const frames = [[0, 0], [0, 3], [null, null]].map((values) => frame([field('Time', 'time', [1, 2]), field('v', 'number', values)]));
  const fits = (options) => configure(frames, {}, [{ matcher: { id: 'byValue', options }, properties: { noValue: 'x' } }]).map(({ fields }) => fields[1].config.noValue === 'x');
  assert.deepEqual(fits({ reducer: 'allIsZero', op: 'gte', value: 0 }), [true, false, false]);
  assert.deepEqual(fits({ reducer: 'allIsNull', op: 'gte', value: 0 }), [false, false, true]);
  for (const [op, expected] of [['gt', false], ['gte', true], ['lt', false], ['lte', true], ['eq', true], ['neq', false]]) {
    assert.equal(fits({ reducer: 'max', op, value: 3 })[1], expected, op);
  }
});

test('tables are taken apart', async () => {
  const { transform } = await load('dashboards/transform/apply.ts');
  const run = (frames, id, options = {}) => transform(frames, [{ id, disabled: false, filter: null, options }]);
  const table = frame([field('Time', 'time', [1, 1, 2, 2]), field('host', 'string', ['a', 'b', 'a', 'b']), field('Value', 'number', [1, 2, 3, 4])]);
  const parts = run([table], 'partitionByValues', { fields: ['host'] });
  assert.deepEqual(parts.map(({ name, fields }) => [name, fields.map(({ name: key, values, labels }) => [key, values, labels])]), [
    ['a', [['Time', [1, 2], undefined], ['Value', [1, 3], { host: 'a' }]]],
    ['b', [['Time', [1, 2], undefined], ['Value', [2, 4], { host: 'b' }]]],
  ]);
  assert.equal(run([table], 'partitionByValues', { fields: ['host'], keepFields: true })[0].fields.length, 3);
  assert.deepEqual(run([table], 'prepareTimeSeries').map(({ fields }) => fields[1].values), [[1, 3], [2, 4]]);
  const [numbers] = run([table], 'filterFields', { include: { id: 'byType', options: 'number' } });
  assert.deepEqual(numbers.fields.map(({ name }) => name), ['Value']);
});

test('names of Grafana\'s own are filled in or do no harm', async () => {
  const { interpolate } = await load('dashboards/variables/interpolate.ts');
  const chosen = (name, values, texts = values) => ({ name, values, texts, pattern: values.length > 1, all: null });
  const filling = {
    variables: new Map([['one', chosen('one', ['a.b'], ['A'])], ['two', chosen('two', ['x', 'y'])]]),
    range: { fromMs: Date.UTC(2026, 0, 2, 3, 4, 5), toMs: Date.UTC(2026, 0, 2, 4) }, zone: 'Asia/Kolkata', dashboard: { uid: 'u', title: 'T' },
  };
  for (const [text, expected] of [
    ['${__from:date:YYYY-MM-DD HH:mm}', '2026-01-02 08:34'], ['${__from:date:seconds}', '1767323045'], ['${__to:date}', '2026-01-02T04:00:00.000Z'], ['$__from', '1767323045000'],
    ['${__user.login}|${__user.id}', '|0'], ['${__org.name}/${__org}', 'Main Org./1'], ['${__dashboard.uid} ${__dashboard}', 'u T'], ['$__timezone', 'Asia/Kolkata'],
    ['${one.text} ${one.value} ${one:raw}', 'A a.b a.b'], ['[[two:csv]] ${two:pipe} ${two:json}', 'x,y x|y ["x","y"]'], ['${two:singlequote} ${two:doublequote} ${two:sqlstring}', "'x','y' \"x\",\"y\" 'x','y'"],
    ['${two:glob} ${two:lucene} ${two:percentencode}', '{x,y} ("x" OR "y") %7Bx%2Cy%7D'], ['${two:queryparam}', 'var-two=x&var-two=y'], ['${two:regex} $two', '(x|y) (x|y)'],
    ['$__interval_ms $unknown ${__rate_interval}', '$__interval_ms $unknown ${__rate_interval}'],
  ]) {
    assert.equal(interpolate(text, filling), expected, text);
  }
});

test('units and moments of documents that are read elsewhere', async () => {
  const { formatUnit } = await load('dashboards/field/units.ts');
  const at = Date.UTC(2026, 6, 1, 13, 4, 5, 6);
  for (const [unit, value, expected] of [
    ['time: YYYY-MM-DD', at, '2026-07-01'], ['time:ddd D MMM, hh:mm A', at, 'Wed 1 Jul, 01:04 PM'], ['time:HH:mm:ss.SSS', at, '13:04:05.006'],
    ['kwatt', 1500, '1.50 MW'], ['kwatth', 2, '2 kWh'], ['gwatt', 1, '1 GW'], ['Wm2', 3, '3 W/m²'], ['pressurekpa', 101.3, '101 kPa'],
  ]) {
    assert.equal(formatUnit(unit, value, undefined, 'utc'), expected, unit);
  }
});
