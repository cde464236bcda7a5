import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../../src/core/files.ts';
import { run } from '../../../src/core/process.ts';
import type { Entry } from '../../../src/core/tar.ts';
import { parseTarget } from '../../../src/core/target.ts';
import { archiveTime, writeArchive } from '../../../src/setup-go-cross/outputs/archive.ts';
import { archiveFiles } from '../../../src/setup-go-cross/outputs/archive-files.ts';
import { type ArchiveKind, archiveName, kindsFor } from '../../../src/setup-go-cross/outputs/archive-name.ts';

const signal = new AbortController().signal;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

const content = Buffer.alloc(3_000_000, 'slipway ');
async function entries(mode = 0o600): Promise<Entry[]> {
  const path = join(folder, 'program');
  await writeFile(path, content, { mode });
  return [
    { name: 'hello', mode: 0o755, content: { path, sha256: sha256(content) } },
    { name: 'docs/Übersicht.md', mode: 0o644, content: Buffer.from('# hello\n') },
    { name: 'empty', mode: 0o644, content: Buffer.alloc(0) },
  ];
}
const seconds = archiveTime('2026-01-02T02:04:05Z');

// The bytes are a promise: whoever packs the same files of the same commit gets these, on every machine.
const golden: { kind: ArchiveKind; size: number; hash: string }[] = [
  { kind: 'tar.gz', size: 4624, hash: '7565c894e8a62186de6a7838782cd30350686877551688d2724028e163c1ddd9' },
  { kind: 'zip', size: 4810, hash: '8d475dfa9216ddabc9ec846d5ce9378aa31a841a2f8fb2c93c8ca46566d43f00' },
];

describe.each(golden)('$kind', ({ kind, size, hash }) => {
  test('has these very bytes', async () => {
    const done = await writeArchive(join(folder, 'a'), kind, await entries(), seconds, signal);
    expect(done).toEqual({ size, sha256: hash });
    expect(sha256(await readFile(join(folder, 'a')))).toBe(hash);
  });

  // In a process of its own: a zone is read once, and jest's process.env is a copy.
  test.each([
    { zone: 'Asia/Kathmandu', umask: '077', hour: 7 },
    { zone: 'America/St_Johns', umask: '000', hour: 22 },
  ])(
    'the same in $zone with umask $umask',
    async ({ zone, umask, hour }) => {
      const written = (await entries(0o777)).map(one => JSON.stringify(one));
      const script = `
      import { writeArchive } from ${JSON.stringify(join(import.meta.dirname, '../../../src/setup-go-cross/outputs/archive.ts'))};
      const entries = [${written}].map(one => (one.content.data ? { ...one, content: Buffer.from(one.content) } : one));
      const done = await writeArchive('a', '${kind}', entries, ${seconds}, new AbortController().signal);
      console.log(new Date(${seconds * 1000}).getHours(), done.sha256);`;
      const started = [process.execPath, '--no-warnings', '--input-type=module', '-e', script];
      const { stdout } = await run(['sh', '-c', `umask ${umask} && exec "$@"`, 'sh', ...started], {
        cwd: folder,
        env: { ...process.env, TZ: zone },
        timeout: 30_000,
      });
      expect(stdout.trim()).toBe(`${hour} ${hash}`);
    },
    30_000,
  );

  test('is unpacked by the usual program, modes and times included', async () => {
    const path = join(folder, `a.${kind}`);
    await writeArchive(path, kind, await entries(), seconds, signal);
    const into = join(folder, 'into');
    await mkdir(into);
    const argv = kind === 'zip' ? ['unzip', '-q', path, '-d', into] : ['tar', '-xzf', path, '-C', into];
    const env = { ...process.env, LC_ALL: 'C.UTF-8' }; // unzip writes other names elsewhere
    await run(argv as [string, ...string[]], { env, timeout: 20_000 });
    const { stdout } = await run(['find', into, '-type', 'f', '-printf', '%P %m %s %T@\n'], { timeout: 10_000 });
    const plain = stdout.replaceAll(/\.0+$/gm, '').trim().split('\n').sort();
    expect(plain).toEqual([
      `docs/Übersicht.md 644 8 ${seconds}`,
      `empty 644 0 ${seconds}`,
      `hello 755 3000000 ${seconds}`,
    ]);
  });

  test('is not made of a program that changed after it was built', async () => {
    const some = await entries();
    await writeFile(join(folder, 'program'), `${content}!`);
    await expect(writeArchive(join(folder, 'a'), kind, some, seconds, signal)).rejects.toMatchObject({
      code: 'BINARY_CHANGED',
    });
  });

  test('ends when the run is cancelled', async () => {
    const stopped = AbortSignal.abort(new Error('cancelled'));
    await expect(writeArchive(join(folder, 'a'), kind, await entries(), seconds, stopped)).rejects.toThrow();
  });
});

test.each([
  ['2026-01-02T02:04:05Z', 1_767_319_445],
  ['1970-01-01T00:00:00Z', 315_532_800],
  [undefined, 315_532_800],
])('files of a commit of %s carry %d', (time, expected) => {
  expect(archiveTime(time)).toBe(expected);
});

const main = { path: 'example.com/hello', name: 'hello', module: 'example.com/hello' };
test.each([
  ['linux/arm/v7', 'v1.2.3', 'tar.gz', 'hello_1.2.3_linux_armv7.tar.gz'],
  ['windows/amd64', 'v1.2.3', 'zip', 'hello_1.2.3_windows_amd64.zip'],
  ['linux/amd64', 'api/v1', 'zip', 'hello_api-v1_linux_amd64.zip'],
  ['linux/amd64', 'version', 'zip', 'hello_version_linux_amd64.zip'],
] as const)('%s of %s as %s is %s', (target, version, kind, name) => {
  const build = { package: main, target: parseTarget(target), output: '/w/x', env: {}, flags: [] };
  expect(archiveName(build, version, kind)).toBe(name);
});

test('auto is what the target’s users unpack', () => {
  expect(kindsFor(['auto'], 'windows')).toEqual(['zip']);
  expect(kindsFor(['auto', 'zip'], 'linux')).toEqual(['tar.gz', 'zip']);
  expect(kindsFor([], 'linux')).toEqual([]);
});

describe('archive-files', () => {
  const put = async (name: string, mode = 0o640) => {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), name, { mode });
  };

  test('paths, globs and folders; sorted, once each, with the modes that git keeps', async () => {
    for (const name of ['m/LICENSE', 'm/docs/b.md', 'm/docs/deep/a.md', 'NOTICE']) await put(name);
    await put('m/run.sh', 0o700);
    await symlink('LICENSE', join(folder, 'm/COPYING'));
    const found = await archiveFiles(
      ['run.sh', 'docs', '*LICENSE', '../NOTICE', 'LICENSE', 'COPYING'],
      join(folder, 'm'),
    );
    expect(found.map(({ name, mode }) => `${name} ${mode.toString(8)}`)).toEqual([
      'COPYING 644',
      'LICENSE 644',
      'NOTICE 644',
      'docs/b.md 644',
      'docs/deep/a.md 644',
      'run.sh 755',
    ]);
  });

  test.each([
    [['missing.md'], 'ARCHIVE_FILE_MISSING'],
    [['*.md'], 'ARCHIVE_FILE_MISSING'],
    [['a/x', '../x', 'x'], 'ARCHIVE_FILE_TWICE'],
  ])('%j is refused: %s', async (patterns, code) => {
    for (const name of ['x', 'm/x', 'm/a/x']) await put(name);
    await expect(archiveFiles(patterns, join(folder, 'm'))).rejects.toMatchObject({ code });
  });
});
