import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/core/process.ts';
import { emptyRecord } from '../../../src/core/record/begin.ts';
import { assess } from '../../../src/core/risk/assess.ts';
import { readChange } from '../../../src/core/risk/change.ts';
import { riskLines, riskSummary } from '../../../src/core/risk/explain.ts';
import { type Past, remember } from '../../remembered.ts';

const signal = new AbortController().signal;
let folder: string;
let place: string;
const commits: string[] = [];
const git = async (directory: string, ...args: string[]) =>
  (
    await run(['git', '-C', directory, '-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], {
      timeout: 30_000,
    })
  ).stdout.trim();
const commit = async (files: Record<string, string>) => {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  await git(folder, 'add', '-A');
  await git(folder, 'commit', '-qm', 'change');
  commits.push(await git(folder, 'rev-parse', 'HEAD'));
};
const lines = (count: number) => 'line\n'.repeat(count);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-risk-'));
  await git(folder, 'init', '-q');
  await commit({
    'main.go': lines(10),
    'go.mod':
      'module example.org/x\n\ngo 1.25\n\nrequire (\n\texample.org/a v1.0.0\n\texample.org/b v1.0.0 // indirect\n)\n',
    'go.sum': 'example.org/a v1.0.0 h1:x=\nexample.org/a v1.0.0/go.mod h1:x=\n',
  });
  await commit({
    'main.go': lines(70),
    'db/migrations/0001.sql': lines(3),
    'config.yml': 'a: 1\n',
    'go.mod': 'module example.org/x\n\ngo 1.26\n\nrequire (\n\texample.org/a v1.1.0\n\texample.org/c v1.0.0\n)\n',
    'go.sum': 'example.org/a v1.1.0 h1:x=\nexample.org/a v1.1.0/go.mod h1:x=\nexample.org/c v1.0.0 h1:x=\n',
    'vendor/x.go': lines(9000),
    'README.md': lines(500),
  });
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  place = await mkdtemp(join(folder, 'records-'));
});

const release = (at: number, version = 'v2') =>
  emptyRecord({ name: 'x', version, commit: commits[at], commitTime: undefined });
const past = (state: Past['state'], more: Partial<Past> = {}) =>
  remember(place, { state, service: 'x', commit: commits[0], ...more });
const after = async (was: Parameters<typeof past>, given: Parameters<typeof look>[0]) => {
  await past(...was);
  return given;
};
const look = (more: Partial<Parameters<typeof assess>[0]> = {}) =>
  assess({
    record: release(1),
    service: 'x',
    history: JSON.stringify({ folder: place }),
    before: 0,
    directory: folder,
    signal,
    ...more,
  });
const seen = ({ lines }: Awaited<ReturnType<typeof look>>) =>
  Object.fromEntries(lines.map(one => [one.name, one.seen]));

describe('what is known', () => {
  test('the change since the release that was healthy last, and what became of the last ones', async () => {
    for (const state of ['healthy', 'rolled-back', 'failed'] as const) await past(state);
    await past('unchanged');
    await past('failed', { service: 'another' });
    await past('failed', { mode: 'rollback' });
    const found = await look();
    expect(found.unknown).toEqual([]);
    expect(seen(found)).toEqual({
      // 60 of main.go, 3 of the migration, 1 of the configuration, and those of go.mod
      lines: 70,
      dependencies: 3,
      migrations: 1,
      configuration: 1,
      toolchain: 1,
      before: 0,
      failures: 2,
      lastFailed: 1,
    });
    const text = riskLines(found, 'strategy canary').join('\n');
    expect(text).toMatch(/^risk \d+ points, very high \(from 85 on\): strategy canary/);
    expect(text).toMatch(/ {2}25 {2}changed files of migrations: 1/);
    expect(text).toContain(`compared: ${commits[0]!.slice(0, 12)}..${commits[1]!.slice(0, 12)}`);
    expect(riskSummary(found, 'strategy canary')).toMatch(/\| changed dependencies \| 3 \| 10 \|/);
  });

  test('after a rollback it is compared with what serves again, and the rollback is no release', async () => {
    await past('healthy');
    await past('healthy', { commit: commits[1] });
    await past('healthy', { mode: 'rollback' });
    expect(seen(await look())).toMatchObject({ lines: 70, failures: 0, lastFailed: 0 });
  });

  test('the same commit again changes nothing', async () => {
    await past('healthy', { commit: commits[1] });
    expect(await look()).toMatchObject({ total: 0, level: 'low', unknown: [] });
  });
});

test.each<[string, () => Promise<Parameters<typeof look>[0]>, RegExp]>([
  ['no records are named', async () => ({ history: undefined }), /no "history"/],
  ['they are empty', async () => ({}), /no deployment of x that was healthy/],
  ['no deployment was ever good', () => after(['failed'], {}), /no deployment of x that was healthy/],
  ['they do not say the commit', () => after(['healthy', { commit: undefined }], {}), /of which commit v1 is/],
  ['there is no record', () => after(['healthy'], { record: undefined }), /no record says which commit/],
  [
    'it was built of what is not committed',
    () => after(['healthy'], { record: { ...release(1), modified: true } }),
    /in no commit/,
  ],
  [
    'git does not have the commit',
    () => after(['healthy', { commit: 'a'.repeat(40) }], {}),
    /git cannot compare a{12} .* shallow/,
  ],
  ['a commit is none', () => after(['healthy', { commit: '--output=/tmp/x' }], {}), /is none/],
])('unknown and said: %s', async (_, given, said) => {
  const found = await look(await given());
  expect(found.unknown.join('; ')).toMatch(said);
  expect(seen(found)['lines']).toBeUndefined();
  expect(found.total).toBeGreaterThanOrEqual(55);
});

test('a clone that is shallow does not know the commit', async () => {
  await past('healthy');
  const clone = join(await mkdtemp(join(folder, 'clone-')), 'x');
  await run(['git', 'clone', '-q', '--depth', '1', `file://${folder}`, clone], { timeout: 30_000 });
  expect((await look({ directory: clone })).unknown.join()).toMatch(/shallow/);
});

test('a history that is no place of records fails', async () => {
  await expect(look({ history: 'nowhere' })).rejects.toThrow(/records is "nowhere"/);
});

test('binaries, vendored code and go.sum are no lines; a module in both files is one', () => {
  const numstat = ['-\t-\tlogo.png', '9\t1\tgo.sum', '5\t5\tvendor/a.go', '2\t1\tmain.go'].join('\0');
  const modules =
    '-\texample.org/a v1.0.0\n+\texample.org/a v1.1.0\n+example.org/a v1.1.0/go.mod h1:x=\n+require example.org/b v0.1.0\n';
  expect(readChange(`${numstat}\0`, modules)).toEqual({
    lines: 3,
    dependencies: 2,
    migrations: 0,
    configuration: 0,
    toolchain: 0,
  });
});
