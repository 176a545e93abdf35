// Models of dashboards as the server gives them fit the types that pages are written against.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const golden = here('../../crates/serve/dashboards/tests/golden/');

/** What the compiler says of these models, each a JSON text. */
function compiled(models) {
  const folder = mkdtempSync(join(tmpdir(), 'argand-model-'));
  try {
    const types = JSON.stringify(here('../src/dashboards/model.ts'));
    const lines = models.map((text, place) => `export const model${place}: DashboardModel = ${text};`);
    writeFileSync(join(folder, 'models.ts'), `import type { DashboardModel } from ${types};\n${lines.join('\n')}\n`);
    const compilerOptions = { types: [], allowImportingTsExtensions: true };
    const project = { extends: here('../tsconfig.json'), compilerOptions, include: ['*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    const compiler = here('../node_modules/.bin/tsc');
    execFileSync(compiler, ['--noEmit', '--project', folder], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return `${error.stdout}${error.stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('models of the server fit the types', () => {
  const files = readdirSync(golden).filter((name) => name.endsWith('.model.json'));
  assert.ok(files.length >= 5, files.join());
  const models = files.map((name) => readFileSync(join(golden, name), 'utf8'));
  assert.equal(compiled(models), '');
});

test('a model that does not fit is seen', () => {
  const model = JSON.parse(readFileSync(join(golden, 'modern.model.json'), 'utf8'));
  model.panels[1].queries[0].format = 'unheard of';
  assert.match(compiled([JSON.stringify(model)]), /unheard of/);
  model.panels[1].queries[0] = { ...model.panels[1].queries[0], format: 'table', more: 1 };
  assert.match(compiled([JSON.stringify(model)]), /"more"/);
});
