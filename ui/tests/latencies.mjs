// Latencies of a shop with exemplars, pushed as OpenTelemetry's JSON: minutes of them at once, so that a test need not wait
// for pictures to fill. One histogram has bounds (`shop_request_duration_seconds`), one is native (`shop_payment_duration_seconds`).
import assert from 'node:assert/strict';
import { SERVER } from './browser.mjs';

/** Upper bounds in seconds; one bucket more is above the last. */
const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1];

/** How many requests end in each bucket between two points. */
const RATES = [20, 45, 30, 15, 5, 1];

const STEP_S = 5;

/** Points of each series, up to now. */
const POINTS = 60;

/** Exemplars: one a point and path, in the bucket that is next in turn. */
const VALUES = [0.03, 0.08, 0.2, 0.4, 0.9, 1.7];

const PATHS = ['/cart', '/pay'];

/** Seconds that a request takes on average. */
const MEAN_S = 0.4;

/** Of this process alone: a server may have been filled before. */
export const JOB = `shop-${process.pid}`;

/** Pushes everything: when it ends (Unix seconds), and how many exemplars the classic histogram has. */
export async function pushLatencies() {
  const end = Math.floor(Date.now() / 1000 / STEP_S) * STEP_S;
  const moments = Array.from({ length: POINTS }, (_, i) => end - (POINTS - 1 - i) * STEP_S);
  await push([
    { name: 'shop.request.duration', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: PATHS.flatMap((path) => classic(path, moments)) } },
    { name: 'shop.payment.duration', unit: 's', exponentialHistogram: { aggregationTemporality: 2, dataPoints: native(moments) } },
  ]);
  return { end, exemplars: moments.length * PATHS.length };
}

function classic(path, moments) {
  const counts = RATES.map(() => 0);
  return moments.map((at, i) => {
    RATES.forEach((rate, bucket) => {
      // A slow wave, so that no two columns of a picture are alike.
      counts[bucket] += Math.round(rate * (1 + 0.8 * Math.sin(i / 6 + bucket + path.length)));
    });
    const value = VALUES[(i + path.length) % VALUES.length];
    const trace = (i * 16 + path.length).toString(16).padStart(32, '0');
    return {
      ...point(path, moments, at),
      count: String(sum(counts)),
      sum: sum(counts) * MEAN_S,
      explicitBounds: BOUNDS,
      bucketCounts: counts.map(String),
      exemplars: [{
        timeUnixNano: nanos(at), asDouble: value, traceId: trace,
        filteredAttributes: [attribute('seen_at', `https://traces.example/${trace}`)],
      }],
    };
  });
}

function native(moments) {
  // Scale 1: each bucket ends at 1.41 times the one before it, from 0.125 s on.
  const counts = Array.from({ length: 12 }, () => 0);
  return moments.map((at, i) => {
    counts.forEach((_, bucket) => {
      counts[bucket] += Math.round(20 * Math.exp(-((bucket - 5 - 3 * Math.sin(i / 10)) ** 2) / 6));
    });
    return {
      ...point('/pay', moments, at),
      count: String(sum(counts) + i + 1),
      sum: sum(counts) * MEAN_S,
      scale: 1,
      zeroCount: String(i + 1),
      positive: { offset: -6, bucketCounts: counts.map(String) },
    };
  });
}

const sum = (counts) => counts.reduce((a, b) => a + b, 0);

const nanos = (seconds) => `${seconds}000000000`;

const attribute = (key, stringValue) => ({ key, value: { stringValue } });

const point = (path, moments, at) => ({
  attributes: [attribute('path', path)],
  startTimeUnixNano: nanos(moments[0] - STEP_S),
  timeUnixNano: nanos(at),
});

async function push(metrics) {
  const resource = { attributes: [attribute('service.name', JOB)] };
  const response = await fetch(`${SERVER}/api/v1/otlp/v1/metrics`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }),
  });
  assert.equal(response.status, 200, await response.clone().text());
}
