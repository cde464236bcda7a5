import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
// @ts-expect-error: the lab is plain JavaScript
import { cacheRoot } from '../../scripts/lab/paths.mjs';
import { step } from '../integration/setup-go-cross-runner.ts';

// A cache-dir that fails, and one that is used day by day; the program needs the runtime only.
let folder: string;
let round = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-cache-dir-'));
  mkdirSync(join(folder, 'm'));
  writeFileSync(join(folder, 'm/go.mod'), 'module example.com/m\n\ngo 1.26.8\n');
  change();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const change = () => writeFileSync(join(folder, 'm/main.go'), `package main\n\nfunc main() { println(${++round}) }\n`);
const build = (shared: string) =>
  step(
    { 'working-directory': join(folder, 'm'), targets: 'linux/amd64', version: 'v1', 'cache-dir': shared },
    {
      RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
      GOTOOLCHAIN: undefined,
      GOMODCACHE: join(folder, 'mod'),
      GOCACHE: join(folder, 'own'),
    },
  );
const files = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true }).flatMap(entry =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

test('used day by day with one changing file: what nobody used for five days goes, and it grows no more', async () => {
  const shared = join(folder, 'daily');
  const sizes: number[] = [];
  for (let day = 0; day < 10; day++) {
    change();
    expect((await build(shared)).code).toBe(0);
    const now = files(join(shared, 'build'));
    sizes.push(now.reduce((sum, path) => sum + statSync(path).size, 0));
    for (const path of now) {
      const { mtimeMs } = statSync(path);
      utimesSync(path, mtimeMs / 1000 - 86_400, mtimeMs / 1000 - 86_400); // the next day
    }
  }
  const [first, last] = [sizes[0]!, sizes.at(-1)!];
  expect(Math.max(...sizes.slice(6))).toBeLessThanOrEqual(sizes[6]! * 1.001);
  // The runtime's packages stay; of the changing file those of the last days.
  expect(last).toBeGreaterThanOrEqual(first);
  expect(last - first).toBeLessThan(8 * (sizes[1]! - first));
}, 120_000);

const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? describe : describe.skip;
asRoot('a small file system (needs root, to mount it)', () => {
  let mount: string;
  beforeEach(() => {
    mount = mkdtempSync(join(folder, 'mount-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', mount]);
  });
  afterEach(() => {
    execFileSync('umount', [mount]);
  });

  test('full from the beginning: a warning, the build succeeds, and nothing half-written stays', async () => {
    expect(() => writeFileSync(join(mount, 'other'), Buffer.alloc(41 * 2 ** 20))).toThrow('ENOSPC');
    const done = await build(mount);
    expect(done.log).toMatch(/::warning::cache-dir .* is read from only, it cannot be written: ENOSPC/);
    expect(done.code).toBe(0);
    expect(files(mount).filter(path => path.endsWith('.part'))).toEqual([]);
  }, 120_000);

  test('full in the middle: a warning, the build succeeds; with space again the folder is good', async () => {
    writeFileSync(join(mount, 'other'), Buffer.alloc(36 * 2 ** 20));
    const done = await build(mount);
    expect(done.log).toMatch(/::warning::the shared cache .* is not fully used: ENOSPC/);
    expect(done.code).toBe(0);
    expect(files(mount).filter(path => path.endsWith('.part'))).toEqual([]);
    rmSync(join(mount, 'other'));
    const again = await build(mount);
    expect(again.code).toBe(0);
    expect(again.log).not.toContain('::warning::the shared cache');
  }, 120_000);

  test('read-only: what is there is used, the rest is built, with a warning', async () => {
    expect((await build(mount)).code).toBe(0);
    const before = files(mount);
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    change();
    const done = await build(mount);
    expect(done.log).toMatch(/::warning::cache-dir .* is read from only, it cannot be written: EROFS/);
    expect(done.code).toBe(0);
    expect(files(mount)).toEqual(before);
  }, 120_000);

  test('a folder that cannot be made: the build goes on without it', async () => {
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    const done = await build(join(mount, 'inside'));
    expect(done.log).toMatch(/::warning::cache-dir .* cannot be made, the build goes on without it/);
    expect(done.code).toBe(0);
    expect(done.exported['GOCACHEPROG']).toBeUndefined();
  }, 120_000);
});
