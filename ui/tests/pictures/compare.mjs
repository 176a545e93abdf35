// One picture against its baseline.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decode, encode } from './png.mjs';

const BASELINES = join(import.meta.dirname, 'baselines');

/** Where actual and difference pictures of failures go. */
export const FAILURES = process.env.ARGAND_PICTURES_FAILED ?? join(import.meta.dirname, '../../pictures-failed');

/** Whether pictures become the baselines. */
export const ACCEPTING = process.env.ARGAND_PICTURES === 'accept';

/** Pictures are kept in 16 steps a channel: few enough for a palette, and steps are finer than what is tolerated. */
const STEP = 255 / 15;

// Repeated runs differ in a few corners by one step, if at all. These two let another version of Chromium smooth edges
// otherwise, and no more: a pixel counts when a channel is two steps away.
const CHANNEL_TOLERANCE = STEP;
const SHARE_TOLERANCE = 0.001;

/** So few pixels that differ invisibly are no reason for a new baseline. */
const CORNERS = 20;

/** Compares, or accepts; answers what is wrong, or nothing. */
export function check(name, png) {
  const path = join(BASELINES, `${name}.png`);
  const actual = coarse(decode(png));
  const expected = existsSync(path) ? decode(readFileSync(path)) : undefined;
  const alike = expected?.width === actual.width && expected.height === actual.height;
  const { exact, seen, picture } = alike ? differing(expected, actual) : { exact: Infinity, seen: Infinity };
  if (ACCEPTING) {
    if (seen > 0 || exact > CORNERS) save(path, actual);
    return undefined;
  }
  if (seen <= actual.pixels.length * SHARE_TOLERANCE) return undefined;
  save(join(FAILURES, `${name}.actual.png`), decode(png));
  if (!expected) return `${name}: no baseline`;
  if (!alike) return `${name}: ${actual.width} x ${actual.height} instead of ${expected.width} x ${expected.height}`;
  save(join(FAILURES, `${name}.difference.png`), picture);
  return `${name}: ${seen} pixels differ (${((100 * seen) / actual.pixels.length).toFixed(2)} %)`;
}

/** The picture in steps. */
export function coarse(picture) {
  const near = Uint8Array.from({ length: 256 }, (_, value) => Math.round(value / STEP) * STEP);
  return { ...picture, pixels: picture.pixels.map((pixel) => (near[pixel >> 16] << 16) | (near[(pixel >> 8) & 255] << 8) | near[pixel & 255]) };
}

/** How many pixels of pictures of one size differ at all, how many visibly, and where: red on a pale copy. */
export function differing(expected, actual) {
  let [exact, seen] = [0, 0];
  const pixels = actual.pixels.map((pixel, i) => {
    const far = distance(pixel, expected.pixels[i]);
    if (far > 0) exact++;
    if (far > CHANNEL_TOLERANCE) seen++;
    const pale = 200 + Math.floor(((pixel >> 8) & 255) / 5);
    return far > CHANNEL_TOLERANCE ? 0xd00000 : pale * 0x010101;
  });
  return { exact, seen, picture: { ...actual, pixels } };
}

/** The largest difference of a channel. */
function distance(a, b) {
  if (a === b) return 0;
  return Math.max(...[16, 8, 0].map((shift) => Math.abs(((a >> shift) & 255) - ((b >> shift) & 255))));
}

function save(path, picture) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, encode(picture));
}
