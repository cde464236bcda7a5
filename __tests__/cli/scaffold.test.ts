import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import { blocksOf } from '../docs/blocks.ts';
import { commandsOf } from '../docs/commands.ts';

const page = 'actions/deploy-k8s-canary/README.md';
const main = actionMain('cli');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-scaffold-'));
});
afterEach(() => rm(folder, { recursive: true }));

const slipway = async (command: string) => {
  const env = { ...process.env, ...compileCache };
  const argv = [process.execPath, main, ...command.split(' '), '--json'] as [string, ...string[]];
  return JSON.parse((await run(argv, { cwd: folder, env, timeout: 60_000, accept: [1, 2, 3, 4, 5] })).stdout);
};
const manifest = (name: string) => readFile(join(folder, 'deploy', name), 'utf8');

test('as the README shows it: by options, then by what slipway.yml has', async () => {
  const [command] = commandsOf(page);
  const first = await slipway(command!.replace('npx github:OWNER/slipway ', ''));
  expect(first).toMatchObject({ command: 'scaffold', code: 0, changed: true });
  expect((await readdir(join(folder, 'deploy'))).length).toBe(8);
  const { text } = blocksOf('slipway.yml').find(one => one.page === page && one.text.includes('scaffold:'))!;
  await writeFile(join(folder, 'slipway.yml'), text);
  expect(await slipway('scaffold')).toMatchObject({ code: 0, changed: true });
  expect(await manifest('networkpolicy.yaml')).toContain('kubernetes.io/metadata.name: databases');
  expect(await slipway('scaffold')).toMatchObject({ code: 0, changed: false });
  expect(await slipway('scaffold --replicas 3')).toMatchObject({ changed: true });
  expect(await manifest('deployment.yaml')).toContain('replicas: 3 #');
}, 60_000);

test('bad options and a path outside: the error, and nothing is written', async () => {
  for (const [options, code] of [
    ['--port 0', 'SCAFFOLD_INVALID'],
    ['--name hello --expose ingres', 'SCAFFOLD_INVALID'],
    ['--name hello --output ../elsewhere', 'SCAFFOLD_OUTSIDE'],
    ['--nam hello', 'USAGE'],
  ] as const)
    expect((await slipway(`scaffold ${options}`)).error.code).toBe(code);
  expect(await readdir(folder)).toEqual([]);
}, 60_000);
