// Fails when the pages weigh more than they may: gzipped, what a first paint loads and all of it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FIRST_PAINT_BYTES = 60 * 1024;
const ALL_BYTES = 300 * 1024;

const dist = join(import.meta.dirname, '../dist');
const html = readFileSync(join(dist, 'index.html'), 'utf8');
const sizes = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(dist.length + 1))
  .map((name) => ({ name, bytes: gzipSync(readFileSync(join(dist, name)), { level: 6 }).length }));

const sum = (list) => list.reduce((total, { bytes }) => total + bytes, 0);
const first = sum(sizes.filter(({ name }) => name === 'index.html' || html.includes(name)));
const all = sum(sizes);
for (const { name, bytes } of sizes) console.log(`${String(bytes).padStart(8)}  ${name}`);
console.log(`first paint ${first} of ${FIRST_PAINT_BYTES}, all ${all} of ${ALL_BYTES} bytes gzipped`);
if (first > FIRST_PAINT_BYTES || all > ALL_BYTES) {
  console.error('The pages have become too heavy: load what the first paint does not need later.');
  process.exitCode = 1;
}
