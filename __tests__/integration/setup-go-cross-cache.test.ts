import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
// @ts-expect-error: the lab is plain JavaScript
import { cacheRoot } from '../../scripts/lab/paths.mjs';
import { run as runProcess } from '../../src/core/process.ts';
import { cacheService } from './cache-service.ts';
import { step } from './setup-go-cross-runner.ts';

let folder: string;
let directory: string;
let service: Awaited<ReturnType<typeof cacheService>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-cache-'));
  directory = join(mkdtempSync(join(folder, 'm-')));
  source('go.mod', 'module example.com/tiny\n\ngo 1.26.8\n');
  source('main.go', 'package main\n\nfunc main() { println("tiny") }\n');
  service = await cacheService();
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

function source(name: string, text: string) {
  writeFileSync(join(directory, name), text);
}

/** A job on a fresh runner: main step, then post step; its Go caches are `GO*CACHE` in a folder of its own. */
async function job(run: number, inputs: Record<string, string> = {}, more: Record<string, string> = {}) {
  const home = join(folder, 'runner');
  const env = {
    RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
    GOTOOLCHAIN: undefined,
    GOMODCACHE: join(home, 'mod'),
    GOCACHE: join(home, 'build'),
    ACTIONS_CACHE_URL: `${service.url}/`,
    ACTIONS_RUNTIME_TOKEN: 'token',
    GITHUB_RUN_ID: String(run),
    GITHUB_WORKSPACE: directory,
    ...more,
  };
  const given = { 'working-directory': directory, targets: 'linux/amd64', version: 'v1', ...inputs };
  const main = await step(given, env);
  const post = await step(given, env, main.state);
  rmSync(home, { recursive: true, force: true });
  // the next checkout has none, and all its files are new
  rmSync(join(directory, 'slipway-out'), { recursive: true, force: true });
  const at = Date.now() / 1000 - 60; // the go command indexes no file younger than two seconds (cmd/go modTimeCutoff)
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), at, at);
  return { main, post };
}

test('cold, saved; then restored, and nothing new is nothing saved; then a change is saved under a new key', async () => {
  const cold = await job(1);
  expect(cold.main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'false' } });
  expect(cold.post.log).toContain('cache saved as slipway-go-v1-');
  expect(service.keys()).toHaveLength(1);

  const warm = await job(2);
  expect(warm.main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'true' } });
  expect(warm.post.log).toContain('nothing is new in the caches');
  expect(service.keys()).toHaveLength(1);

  source('main.go', 'package main\n\nfunc main() { println("changed") }\n');
  const changed = await job(3);
  expect(changed.main.outputs['cache-hit']).toBe('true');
  expect(service.keys()).toHaveLength(2);
  expect(service.keys()[1]).toMatch(/-3-1$/);
}, 300_000);

/** Paths in a stored archive. */
async function listed(index: number) {
  const archive = join(folder, `${index}.tar`);
  writeFileSync(archive, service.stored.at(index)!.data);
  const { stdout } = await runProcess(['tar', '-P', '-tf', archive], { timeout: 30_000 });
  return stdout.split('\n').filter(path => path !== '' && !path.endsWith('/'));
}

test('ten runs with one changing file: what is saved is the working set and does not grow', async () => {
  const sizes: number[] = [];
  for (let run = 10; run < 20; run++) {
    source('main.go', `package main\n\nfunc main() { println(${run}) }\n`);
    const { main, post } = await job(run);
    expect(main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'true' } });
    expect(post.log).toContain('cache saved as');
    sizes.push((await listed(-1)).length);
  }
  expect(sizes.at(-1)).toBeLessThanOrEqual(sizes[0]!);
  expect(sizes.at(-1)).toBeGreaterThan(50); // the standard library's packages are in use and stay

  // A file that is back is compiled again: its entries were not kept beyond their use.
  const files = new Set(await listed(-1));
  source('main.go', 'package main\n\nfunc main() { println(10) }\n');
  const { post } = await job(20);
  expect(post.log).toMatch(/cache saved as .*-20-1 \(\d+ new files/);
  expect((await listed(-1)).every(path => files.has(path))).toBe(false);
}, 300_000);

test('restore-only: used, and nothing is saved', async () => {
  const before = service.keys();
  source('main.go', 'package main\n\nfunc main() { println("restore-only") }\n');
  const { main, post } = await job(30, { 'cache-save': 'false' });
  expect(main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'true' } });
  expect(post.log.trim()).toBe('');
  expect(service.keys()).toEqual(before);
}, 60_000);

describe('a service that stalls in the middle of a download', () => {
  beforeAll(() => {
    service.faults.stalls = true;
  });
  afterAll(() => {
    service.faults.stalls = false;
  });
  test('costs its deadline; the build goes on cold and nothing comes late', async () => {
    const started = Date.now();
    const { main } = await job(40, { mode: 'setup', 'cache-restore-timeout': '3s' });
    expect(main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'false' } });
    expect(main.log).toContain('took longer than 3 s');
    expect(Date.now() - started).toBeLessThan(20_000);
    const { main: built } = await job(41, { 'cache-restore-timeout': '3s' });
    expect(built.code).toBe(0);
  }, 120_000);
});

test('other targets never meet this cache', async () => {
  const { main } = await job(4, { targets: 'linux/arm64', mode: 'setup' });
  expect(main.outputs['cache-hit']).toBe('false');
}, 60_000);

test('a service that fails costs a warning, not the build', async () => {
  const { main, post } = await job(5, { mode: 'setup' }, { ACTIONS_CACHE_URL: 'http://127.0.0.1:1/' });
  expect([main.code, post.code]).toEqual([0, 0]);
}, 120_000);

test('no service: not a word, and the post step has nothing to do', async () => {
  const { main, post } = await job(6, { mode: 'setup' }, { ACTIONS_CACHE_URL: '' });
  expect([main.code, post.code]).toEqual([0, 0]);
  expect(main.log).not.toMatch(/::warning|no cache fits/);
  expect(post.log.trim()).toBe('');
}, 60_000);

test('cache-dir: shared by builders at once, one killed at work; the next one is fast, and later steps get it', async () => {
  const shared = join(folder, 'shared');
  const inputs = { 'cache-dir': shared };
  const home = (name: string) => ({
    GOCACHE: join(folder, name, 'build'),
    GOMODCACHE: join(folder, name, 'mod'),
    RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
    GOTOOLCHAIN: undefined,
    GOPROXY: 'https://proxy.golang.org,direct',
  });
  const given = (name: string) => ({
    'working-directory': copyOf(name),
    targets: 'linux/amd64',
    version: 'v1',
    ...inputs,
  });
  const [one, two, killed] = await Promise.all([
    step(given('one'), home('one')),
    step(given('two'), home('two')),
    step(given('three'), home('three'), undefined, (log, child) => {
      if (log.includes('building 1 program')) setTimeout(() => child.kill('SIGKILL'), 500);
    }),
  ]);
  expect([one.code, two.code, killed.code]).toEqual([0, 0, -1]);
  expect(one.exported['GOCACHEPROG']).toContain(join(shared, 'build'));
  expect(one.exported['GOPROXY']).toBe(`file://${shared}/mod,https://proxy.golang.org,direct`);

  const { log } = await step(given('four'), home('four'));
  const took = (text: string) => {
    const [, number, unit] = /m-\w+ linux\/amd64: .* in ([\d.]+)(m?s)|tiny linux\/amd64: .* in ([\d.]+)(m?s)/
      .exec(text)!
      .filter(Boolean);
    return Number(number) * (unit === 's' ? 1000 : 1);
  };
  expect(took(log)).toBeLessThan(took(one.log));
}, 300_000);

test('cache-dir shares module downloads: another builder gets them without any other proxy', async () => {
  const shared = join(folder, 'shared-modules');
  const checkout = join(folder, 'with-module');
  mkdirSync(checkout);
  writeFileSync(
    join(checkout, 'go.mod'),
    'module example.com/dep\n\ngo 1.26.8\n\nrequire github.com/pkg/errors v0.9.1\n',
  );
  const sums = [
    'github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=',
    'github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=',
  ];
  writeFileSync(join(checkout, 'go.sum'), `${sums.join('\n')}\n`);
  const program = 'package main\n\nimport "github.com/pkg/errors"\n\nfunc main() { panic(errors.New("x")) }\n';
  writeFileSync(join(checkout, 'main.go'), program);
  const given = { 'working-directory': checkout, targets: 'linux/amd64', version: 'v1', 'cache-dir': shared };
  const env = (name: string) => ({
    GOCACHE: join(folder, name, 'build'),
    GOMODCACHE: join(folder, name, 'mod'),
    GOFLAGS: '-modcacherw',
    RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
    GOTOOLCHAIN: undefined,
  });
  const first = await step(given, env('first'));
  expect(first.code).toBe(0);
  expect((await step(given, env('first'), first.state)).log).toMatch(/\d module files shared in/);
  const second = await step({ ...given, goproxy: 'off' }, env('second'));
  expect(second.log).not.toContain('::error');
  expect(second.code).toBe(0);
}, 120_000);

/** The module in a folder of its own, as each builder has it checked out. */
function copyOf(name: string): string {
  const copy = join(folder, 'checkouts', name);
  cpSync(directory, copy, { recursive: true, filter: path => !path.includes('slipway-out') });
  return copy;
}
