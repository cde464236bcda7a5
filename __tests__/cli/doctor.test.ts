import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import { blocksOf } from '../docs/blocks.ts';
import { commandsOf } from '../docs/commands.ts';

const page = 'docs/doctor.md';
const main = actionMain('cli');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-doctor-'));
});
afterEach(() => rm(folder, { recursive: true }));

const slipway = async (command: string) => {
  const argv = [process.execPath, main, ...command.split(' ')] as [string, ...string[]];
  const env = { PATH: process.env['PATH'], HOME: folder, ...compileCache };
  return run(argv, { cwd: folder, env, timeout: 60_000, accept: [1, 2] });
};
const write = async (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
};
const shown = blocksOf('slipway.yml').find(one => one.page === page)!.text;
const program = 'package main\nfunc main() { signal.Notify(stop, syscall.SIGTERM) }\n';

test('as its page shows it: what is required decides, unless everything does', async () => {
  await write({ 'slipway.yml': shown, 'go.mod': 'module hello\n\ngo 1.26.8\n', 'main.go': program });
  const [usual, strict] = commandsOf(page).map(command => command.replace('npx github:OWNER/slipway ', ''));
  const passed = await slipway(usual!);
  expect([passed.code, passed.stderr]).toEqual([0, expect.stringContaining('? rollback-rehearsed (should): unknown')]);
  expect((await slipway(strict!)).code).toBe(1);
  await write({ 'slipway.yml': shown.replace(/ *cpu-quota.*\n/, '') });
  const failed = await slipway(usual!);
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('✗ limits (required): not met: ')]);
  expect(failed.stderr).toMatch(/^ {4}slipway\.yml:\d+: no cpu-quota$/m);
  expect(failed.stderr).toMatch(/^ {4}why: .*\n {4}fix: Write `memory-max/m);
}, 60_000);

test('--json: every finding with its check; a file that is wrong is an error with its line', async () => {
  await write({ 'slipway.yml': 'build: {}\n', 'go.mod': 'module hello\n\ngo 1.26\n' });
  const told = JSON.parse((await slipway('doctor --json')).stdout);
  expect(told).toMatchObject({ command: 'doctor', code: 0 });
  expect(told.findings.find(({ check }: { check: string }) => check === 'go-locked')).toEqual({
    check: 'go-locked',
    family: 'repository',
    state: 'fail',
    where: 'go.mod',
    seen: 'go 1.26',
    level: 'must',
    required: false,
    title: expect.any(String),
    reason: expect.any(String),
    fix: expect.any(String),
  });
  await write({ 'slipway.yml': 'environments:\n  a:\n    require: [limit]\n' });
  const wrong = JSON.parse((await slipway('doctor -e a --json')).stdout);
  expect(wrong.error.message).toContain(
    'slipway.yml:3: "limit" is no finding of the checklist (did you mean "limits"?)',
  );
}, 60_000);

test.each([
  ['nothing at all', {}, 'CONFIG_MISSING'],
  ['no map', { 'slipway.yml': '- 1\n' }, 'CONFIG_INVALID'],
])('%s: refused', async (_, files, code) => {
  await write(files);
  const ended = await slipway('doctor --json');
  expect([ended.code, JSON.parse(ended.stdout).error.code]).toEqual([2, code]);
});

test('garbage beside it is unknown or passed over, and ends nothing', async () => {
  await write({
    'slipway.yml':
      'build: {}\nimage: { images: r.example/a, file: Dockerfile }\ndeploy: [{ kind: deploy-k8s-canary, manifests: "*.yaml" }]\n',
    'go.mod': '\u0000\u0001(((',
    Dockerfile: 'FROM\n',
    'a.yaml': '{ image: [ &a *a',
    '.github/workflows/x.yml': '\t\t',
  });
  expect((await slipway('doctor')).code).toBe(0);
});
