import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import { startMain } from '../core/run-action.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-observe-'));
  await writeFile(join(folder, 'slipway.yml'), 'observe: { service: hello }\n');
});
afterEach(() => rm(folder, { recursive: true }));

const slipway = async (...args: string[]) => {
  const argv = [process.execPath, actionMain('cli'), 'observe', ...args, '--json'] as [string, ...string[]];
  const env = { ...process.env, ...compileCache };
  return JSON.parse((await run(argv, { cwd: folder, env, timeout: 60_000, accept: [1, 2] })).stdout);
};

test('from a terminal, and as a mode of the root action: the same bytes', async () => {
  expect(await slipway('--output', 'one')).toMatchObject({ command: 'observe', code: 0, changed: true });
  expect(await slipway('--output', 'one')).toMatchObject({ code: 0, changed: false });
  expect((await slipway('--outptu', 'one')).error.code).toBe('USAGE');
  const started = await startMain(actionMain('release'), join(folder, 'runner'), {
    'INPUT_WORKING-DIRECTORY': folder,
    INPUT_MODE: 'observe',
  });
  const done = await started.ended();
  expect([done.code, done.outputs['changed']]).toEqual([0, 'true']);
  for (const name of ['service.rules.yml', 'dashboard.json'])
    expect(await readFile(join(folder, 'observe', name), 'utf8')).toBe(
      await readFile(join(folder, 'one', name), 'utf8'),
    );
}, 60_000);
