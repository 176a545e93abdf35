// Fails when the committed dist/ is not what the source builds to.
// Builds twice into fresh folders: once to compare with dist/, once more to see that a build
// gives the same bytes every time.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'argand-ui-'));

function build(name) {
  const folder = join(scratch, name);
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  execFileSync(process.execPath, [vite, 'build', '--outDir', folder, '--logLevel', 'error'], {
    cwd: root,
    stdio: 'inherit',
  });
  return folder;
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function differences(a, b) {
  const names = new Set([...files(a), ...files(b)]);
  return [...names].filter((name) => read(a, name) !== read(b, name));
}

function read(folder, name) {
  try {
    return readFileSync(join(folder, name)).toString('base64');
  } catch {
    return null;
  }
}

try {
  const first = build('first');
  const unstable = differences(first, build('second'));
  const stale = differences(first, join(root, 'dist'));
  for (const name of unstable) console.error(`two builds differ: ${name}`);
  for (const name of stale) console.error(`dist is stale: ${name}; run \`npm run build\` in ui/ and commit it`);
  process.exitCode = unstable.length + stale.length > 0 ? 1 : 0;
  if (process.exitCode === 0) console.log('dist is what the source builds to');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
