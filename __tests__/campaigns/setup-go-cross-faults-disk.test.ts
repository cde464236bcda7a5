import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { describeWith } from '../integration/lab.ts';
import { contentOf, machinesGo, put } from '../integration/setup-go-cross-faults.ts';
import { step } from '../integration/setup-go-cross-runner.ts';
import { fromMap, serve } from '../setup-go-cross/server.ts';
import { goroot, zip } from '../setup-go-cross/toolchain/archives.ts';

jest.setTimeout(60_000);

// Each place in turn is a file system of its own that is too small. Only root may mount one.
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
await describeWith('go', `a full disk${isRoot ? '' : ' (SKIPPED: needs root, to mount a small one)'}`, lab => {
  const testAsRoot = isRoot ? test : test.skip;
  let folder: string;
  let disk: string;
  let directory: string;
  let go: Awaited<ReturnType<typeof machinesGo>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-disk-'));
    disk = join(folder, 'disk');
    mkdirSync(disk);
    go = await machinesGo(lab.go, folder);
    directory = put(join(folder, 'program'), {
      'go.mod': 'module example.com/hello\n\ngo 1.21\n',
      'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function onSmallDisk<T>(options: string, path: string, task: () => Promise<T>): Promise<T> {
    mkdirSync(path, { recursive: true });
    await run(['mount', '-t', 'tmpfs', '-o', options, 'none', path], { timeout: 10_000 });
    try {
      return await task();
    } finally {
      await run(['umount', '-l', path], { timeout: 10_000 });
    }
  }
  const build = (inputs: Record<string, string> = {}, env: Record<string, string> = {}) =>
    step(
      { ...go.inputs, 'working-directory': directory, targets: 'linux/amd64, linux/arm64', ...inputs },
      { ...go.env, GOPROXY: 'off', GOMODCACHE: join(folder, 'modules'), ...env },
    );
  const refused = (log: string, says: readonly (string | RegExp)[]) => {
    expect(log.match(/::error::/g)).toHaveLength(1);
    const [error] = /::error::.*/.exec(log)!;
    for (const text of ['[DISK]%0A', ...says]) expect(error).toMatch(text);
  };

  testAsRoot('the output folder: what an earlier run left there stays', async () => {
    const out = join(directory, 'slipway-out');
    await onSmallDisk('size=1m', out, async () => {
      writeFileSync(join(out, 'earlier'), 'whole');
      const done = await build();
      expect(done.code).toBe(1);
      refused(done.log, ['no space left on device', /output \(\S+\) [\d.]+ (kB|B|MB) and \d+ files/]);
      expect(Object.keys(contentOf(out))).toEqual(['earlier']);
    });
    expect(await build()).toMatchObject({ code: 0 });
  });

  testAsRoot('an output on another disk: the program and the record before stay as they were', async () => {
    await onSmallDisk('size=4m', disk, async () => {
      const output = { output: join(disk, '{name}-{arch}') };
      expect(await build({ ...output, targets: 'linux/amd64' })).toMatchObject({ code: 0 });
      const before = [contentOf(disk), contentOf(join(directory, 'slipway-out'))];
      const done = await build({ ...output, ldflags: '-s' });
      expect(done.code).toBe(1);
      refused(done.log, [disk, 'the disk is full', 'free: ']);
      expect([contentOf(disk), contentOf(join(directory, 'slipway-out'))]).toEqual(before);
    });
  });

  testAsRoot.each([
    ['GOCACHE', 'size=64k', 'GOCACHE'],
    ['GOCACHE with no room for more files', 'size=50m,nr_inodes=300', 'GOCACHE'],
    ['the folder for temporary files', 'size=300k', 'TMPDIR'],
  ])('%s', async (_, options, variable) => {
    await onSmallDisk(options, disk, async () => {
      const before = contentOf(join(directory, 'slipway-out'));
      const done = await build({}, { [variable]: disk });
      expect(done.code).toBe(1);
      refused(done.log, [disk, variable === 'GOCACHE' ? 'GOCACHE' : 'temporary files']);
      expect(contentOf(join(directory, 'slipway-out'))).toEqual(before);
    });
    // The cache that was full is as good as new when there is room.
    expect(await build()).toMatchObject({ code: 0 });
  });

  testAsRoot.each([
    ['the tool cache', 'size=60k'],
    ['the tool cache with no room for more files', 'size=10m,nr_inodes=7'],
  ])('%s: no half toolchain; with room it is installed', async (_, options) => {
    const version = '1.99.1';
    const arch = process.arch === 'x64' ? 'amd64' : 'arm64';
    const noise = Array.from({ length: 40 }, () => crypto.randomUUID().repeat(80)).join('');
    const archive = zip('go/', { ...goroot(version), 'src/noise': noise, 'src/b/b.go': 'package b\n' });
    const filename = `go${version}.linux-${arch}.zip`;
    const file = { filename, os: 'linux', arch, kind: 'archive', sha256: sha256(archive), size: archive.length };
    const index = await serve(
      fromMap({
        '/?mode=json&include=all': JSON.stringify([{ version: `go${version}`, files: [file] }]),
        [`/${filename}`]: archive,
      }),
    );
    const setUp = (tools: string) =>
      step(
        {
          'go-version': version,
          'toolchain-sources': 'tool-cache, mirror',
          'go-download-base-url': index.url,
          cache: 'false',
        },
        { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined },
      );
    await onSmallDisk(options, disk, async () => {
      const done = await setUp(disk);
      expect(done).toMatchObject({ code: 1, path: [] });
      refused(done.log, [disk, 'free: ']);
      expect(contentOf(join(disk, 'go', version))).toEqual({});
    });
    await onSmallDisk('size=10m', disk, async () => {
      const done = await setUp(disk);
      expect(done.log).not.toContain('::error::');
      expect(done.code).toBe(0);
    });
    await index.close();
  });
});
