import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attempt, command, removeFolder, root, temporaryFolder } from '../e2e/support.ts';

let folder: string;
let project: string;

/** Installed from the tarball into an empty folder, as npx does it; nothing of the checkout is reached from there. */
beforeAll(async () => {
  folder = await temporaryFolder();
  project = join(folder, 'project');
  await mkdir(project);
  const env = { ...process.env, HOME: folder, npm_config_cache: join(folder, 'npm') };
  await command(['npm', 'pack', '--silent', '--pack-destination', folder], { cwd: root, env, timeout: 120_000 });
  const [tarball] = (await readdir(folder)).filter(name => name.endsWith('.tgz'));
  await writeFile(join(project, 'package.json'), '{}');
  await command(['npm', 'install', '--offline', '--no-audit', '--no-fund', join(folder, tarball!)], {
    cwd: project,
    env,
    timeout: 120_000,
  });
}, 260_000);

afterAll(() => removeFolder(folder));

const start = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  attempt(argv, { cwd: project, env: { PATH: dirname(process.execPath), HOME: folder, ...env }, timeout: 60_000 });

test('the package brings everything: installed offline into an empty folder, it is alone there and runs', async () => {
  const installed = await readdir(join(project, 'node_modules'));
  expect(installed.filter(name => !name.startsWith('.'))).toEqual(['slipway']);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const shown = await start([join(project, 'node_modules', '.bin', 'slipway'), '--version'], {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  });
  expect([shown.code, shown.stdout]).toEqual([0, `slipway ${version}, Node ${process.versions.node}\n`]);
});

test('init there, then plan: what is left to edit is said with its line, and the exit code is 2', async () => {
  await writeFile(join(project, 'go.mod'), 'module example.com/hi\n\ngo 1.25\n');
  await writeFile(
    join(project, 'main.go'),
    'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.Handle("/healthz", http.NotFoundHandler())\n\thttp.ListenAndServe(":8123", nil)\n}\n',
  );
  const slipway = join(project, 'node_modules', 'slipway', 'bin', 'slipway.mjs');
  const written = await start([process.execPath, slipway, 'init']);
  expect([written.code, written.stderr]).toEqual([0, expect.stringMatching(/slipway\.yml:\d+ {2}hosts: /)]);
  const text = await readFile(join(project, 'slipway.yml'), 'utf8');
  expect(text).toContain('health-checks: http://127.0.0.1:8123/healthz 200 within 1s # main.go:6, main.go:7');
  const planned = await start([process.execPath, slipway, 'plan'], { SSH_PRIVATE_KEY: 'x' });
  expect([planned.code, planned.stderr]).toEqual([
    2,
    expect.stringMatching(/input "hosts" is missing \(slipway\.yml:\d+\)/),
  ]);
});

test('an unknown command says what was probably meant', async () => {
  const ended = await start([process.execPath, join(root, 'bin', 'slipway.mjs'), 'relaese']);
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('did you mean "release"')]);
});

/** Makes a Node call itself an old one. */
const old =
  "--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.1.0'}})";

test('an old Node: a newer one on PATH is found and used', async () => {
  const bin = join(folder, 'newer');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  const ended = await start([process.execPath, old, join(root, 'bin', 'slipway.mjs'), '--version'], { PATH: bin });
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining(`Node ${process.versions.node}`)]);
});

test('an old Node and no newer one: what is needed is said, and how to get it', async () => {
  const bin = join(folder, 'older');
  await mkdir(bin);
  await writeFile(join(bin, 'node'), '#!/bin/sh\necho v18.19.0\n');
  await chmod(join(bin, 'node'), 0o755);
  const ended = await start([process.execPath, old, join(root, 'bin', 'slipway.mjs'), 'init'], { PATH: bin });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('slipway needs Node 22.15 or newer; this is 20.1.0');
  expect(ended.stderr).toContain('npx --package node@24');
});
