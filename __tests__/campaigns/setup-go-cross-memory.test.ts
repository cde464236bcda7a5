import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
// @ts-expect-error: the benchmarks are plain JavaScript
import { writeLargeModule } from '../../bench/lib/large-module.mjs';
// @ts-expect-error: the lab is plain JavaScript
import { makeMemoryGroup } from '../../scripts/lab/memory-group.mjs';
// @ts-expect-error: the lab is plain JavaScript
import { cacheRoot } from '../../scripts/lab/paths.mjs';
import { run } from '../../src/core/process.ts';
import { step } from '../integration/setup-go-cross-runner.ts';

// Two packages of about 220 MB a compile, four targets, in a real control group. Everything runs inside it.
interface Group {
  wrap(argv: string[]): [string, ...string[]];
  kills(): number;
  remove(): Promise<void>;
}
const mb = 1e6;
const targets = ['linux/amd64', 'linux/arm64', 'linux/386', 'linux/arm/v7'];
const groups: Group[] = [];
function group(limit: number): Group {
  const { group: made, why } = makeMemoryGroup(limit);
  if (made === undefined) throw new Error(why);
  groups.push(made);
  return made;
}

/** Other tables than before: they are compiled anew. */
const freshTables = () => writeLargeModule(folder, { packages: 2, rows: 3500 });

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-memory-'));
  freshTables();
  // The standard library is not what this is about; it stays in the machine's own build cache.
  for (const target of targets)
    await run(['go', 'build', '-trimpath', 'runtime'], { cwd: folder, env: go(target), timeout: 200_000 });
}, 300_000);
afterEach(async () => {
  for (const one of groups.splice(0)) await one.remove();
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const go = (target: string) => {
  const [os, arch] = target.split('/');
  return { ...process.env, GOOS: os, GOARCH: arch, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
};

const build = (into: Group, inputs: Record<string, string>) =>
  step(
    { 'working-directory': folder, version: 'v1', sbom: 'false', provenance: 'false', ...inputs },
    { RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'), GOTOOLCHAIN: undefined },
    undefined,
    undefined,
    into.wrap,
  );

const { group: probe, why } = makeMemoryGroup(64 * mb);
await probe?.remove();
const where = why === undefined ? describe : describe.skip;
where(`in a memory control group${why === undefined ? '' : ` (SKIPPED, ${why})`}`, () => {
  test('four go builds at once are killed', async () => {
    const narrow = group(500 * mb);
    const ends = await Promise.allSettled(
      targets.map(target => {
        const argv = narrow.wrap(['go', 'build', '-trimpath', '-o', join(folder, target.replaceAll('/', '-')), '.']);
        return run(argv, { cwd: folder, env: go(target), timeout: 100_000 });
      }),
    );
    expect(ends.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    expect(narrow.kills()).toBeGreaterThan(0);
  }, 120_000);

  test('parallelism: auto builds the same four without one being killed', async () => {
    freshTables();
    const narrow = group(500 * mb);
    const done = await build(narrow, { targets: targets.join('\n') });
    expect(done.log).toMatch(/4 builds, 1 at once, each with -p=\d \(\d+ cores, .* of 500\.0 MB memory free\)/);
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.outputs['binaries']!)).toHaveLength(4);
    expect(narrow.kills()).toBe(0);
  }, 120_000);

  test('a number that is too high: what the kernel ends is built once more, alone', async () => {
    freshTables();
    const narrow = group(500 * mb);
    const done = await build(narrow, { targets: targets.slice(0, 2).join('\n'), parallelism: '2' });
    expect(done.log).toMatch(/::warning::out of memory: the kernel ended the build of large linux\/\w+; it is tried/);
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.outputs['binaries']!)).toHaveLength(2);
    expect(narrow.kills()).toBeGreaterThan(0);
  }, 120_000);

  test('a package that does not fit at all: says so, and leaves nothing', async () => {
    freshTables();
    const done = await build(group(140 * mb), { targets: targets[0]! });
    expect(done.code).toBe(1);
    expect(done.log).toMatch(
      /out of memory: building large linux\/amd64 was ended .* of the 140\.0 MB .*\[OUT_OF_MEMORY\]/,
    );
    expect(readdirSync(join(folder, 'slipway-out')).filter(name => name.startsWith('building-'))).toEqual([]);
  }, 120_000);
});
