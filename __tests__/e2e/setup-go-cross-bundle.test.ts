import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startAction } from '../../src/release/start.ts';

const root = join(import.meta.dirname, '..', '..');
const { cacheRoot } = await import(new URL('../../scripts/lab/paths.mjs', import.meta.url).href);

test('the bundle finds the problem matchers that the action ships', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'slipway-bundle-'));
  for (const name of ['path', 'env']) writeFileSync(join(temporary, name), ''); // the runner makes them
  let log = '';
  const done = await startAction('setup-go-cross', {
    dist: join(root, 'dist'),
    inputs: { 'go-version-file': join(root, 'examples/hello/go.mod'), cache: 'false' },
    env: {
      ...process.env,
      RUNNER_TEMP: temporary,
      RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
      GITHUB_PATH: join(temporary, 'path'),
      GITHUB_ENV: join(temporary, 'env'),
    },
    onOutput: chunk => {
      log += chunk;
    },
  });
  rmSync(temporary, { recursive: true, force: true });
  expect({ code: done.code, log }).toEqual({ code: 0, log: expect.stringContaining('::add-matcher::') });
  const [, file] = /^::add-matcher::(.+)$/m.exec(log)!;
  expect(JSON.parse(readFileSync(file!, 'utf8'))).toHaveProperty('problemMatcher');
}, 180_000);
