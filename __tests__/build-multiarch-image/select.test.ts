import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ImageBinary } from '../../src/build-multiarch-image/binary.ts';
import { entrypointOf } from '../../src/build-multiarch-image/entrypoint.ts';
import { byPlatform, fromPatterns, fromRecord, mustAgree } from '../../src/build-multiarch-image/select.ts';
import { sha256 } from '../../src/core/files.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { formatPlatform, formatTarget, parseTarget } from '../../src/core/target.ts';
import { elf } from './elf.ts';

const signal = new AbortController().signal;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-select-'));
  await mkdir(join(folder, 'dist'));
});
afterEach(() => rm(folder, { recursive: true }));
const put = (name: string, content: Buffer | string) => writeFile(join(folder, 'dist', name), content);

function record(target: string, name: string, content: Buffer | string): ReleaseRecord {
  const entry = { package: 'example.com/hello', target, path: join(folder, 'dist', name) };
  const binary = { ...entry, size: content.length, sha256: sha256(content) };
  return {
    schema: 'slipway.release/v1',
    name: 'hello',
    version: 'v1',
    binaries: [binary],
    images: [],
    deployments: [],
  };
}

describe('binaries of a record', () => {
  test('those of Linux, under the name that go install would give', async () => {
    await put('a', elf('amd64'));
    const { binaries, ...rest } = record('linux/amd64', 'a', elf('amd64'));
    const darwin = { ...binaries[0]!, target: 'darwin/arm64', path: '/absent' };
    const found = await fromRecord({ ...rest, binaries: [...binaries, darwin] });
    expect(found).toMatchObject([{ name: 'hello', target: { os: 'linux', arch: 'amd64' } }]);
  });

  test.each([
    ['that is a text file', 'echo hello\n', 'BINARY_UNKNOWN'],
    ['for another architecture', elf('arm64'), 'BINARY_PLATFORM'],
  ])('one %s is refused', async (_, content, code) => {
    await put('a', content);
    await expect(fromRecord(record('linux/amd64', 'a', content))).rejects.toMatchObject({ code });
  });

  test('one that is not there is refused', async () => {
    await expect(fromRecord(record('linux/amd64', 'a', ''))).rejects.toMatchObject({ code: 'BINARY_MISSING' });
  });
});

describe('binaries of patterns', () => {
  test('names and platforms from a template', async () => {
    await put('hello-linux-amd64', elf('amd64'));
    await put('hello-linux-armv6', elf('arm'));
    await put('SHA256SUMS', 'not a binary');
    const found = await fromPatterns(['dist/{name}-{os}-{arch}{variant}'], folder, signal);
    expect(found.map(one => [one.name, formatTarget(one.target)])).toEqual([
      ['hello', 'linux/amd64'],
      ['hello', 'linux/arm/v6'],
    ]);
    expect(found[0]!.sha256).toBe(sha256(elf('amd64')));
  });

  test('a plain glob reads the platform from the bytes', async () => {
    await put('hello-linux-x', elf('arm64'));
    const found = await fromPatterns(['dist/hello*'], folder, signal);
    expect(found).toMatchObject([{ name: 'hello', target: { os: 'linux', arch: 'arm64' } }]);
  });

  test.each([
    ['another architecture than its name says', 'hello-linux-amd64', elf('arm64'), 'BINARY_PLATFORM'],
    ['a text file', 'hello-linux-amd64', '#!/bin/sh\n', 'BINARY_UNKNOWN'],
    ['nothing', 'other', elf('amd64'), 'BINARY_MISSING'],
  ])('%s is refused', async (_, name, content, code) => {
    await put(name, content);
    await expect(fromPatterns(['dist/{name}-{os}-{arch}'], folder, signal)).rejects.toMatchObject({ code });
  });

  test('other bytes than the record has for the same program are refused', async () => {
    await put('hello-linux-amd64', elf('amd64', 'new'));
    const found = await fromPatterns(['dist/{name}-{os}-{arch}'], folder, signal);
    const old = record('linux/amd64', 'hello-linux-amd64', elf('amd64'));
    const known = { ...old, binaries: [{ ...old.binaries[0]!, package: found[0]!.package }] };
    expect(() => mustAgree(known, found)).toThrow(expect.objectContaining({ code: 'RECORD_CONFLICT' }));
    expect(() => mustAgree(old, found)).not.toThrow();
  });
});

describe('platforms', () => {
  const one = (target: string, name = 'hello'): ImageBinary => ({
    target: parseTarget(target),
    name,
    package: name,
    path: `/${name}-${target}`,
    size: 1,
    sha256: 'a'.repeat(64),
  });
  const names = (binaries: ImageBinary[], wanted: string[] = []) =>
    byPlatform(binaries, wanted).map(group => formatPlatform(group.platform));
  const three = [one('linux/arm64'), one('linux/amd64'), one('linux/arm/v7')];

  test('all, or those that are wanted, in the order of their names', () => {
    expect(names(three)).toEqual(['linux/amd64', 'linux/arm/v7', 'linux/arm64']);
    expect(names(three, ['linux/arm64', 'linux/amd64'])).toEqual(['linux/amd64', 'linux/arm64']);
  });

  test.each([
    ['one that was not built', three, ['linux/s390x'], 'PLATFORM_MISSING'],
    ['none at all', [], [], 'PLATFORM_MISSING'],
    ['two of the same', [one('linux/amd64'), one('linux/amd64/v1')], [], 'BINARY_AMBIGUOUS'],
    ['different programs', [one('linux/amd64'), one('linux/arm64', 'other')], [], 'PLATFORM_DIFFERS'],
  ])('refuses %s', (_, binaries, wanted, code) => {
    expect(() => byPlatform(binaries, wanted)).toThrow(expect.objectContaining({ code }));
  });

  test('of several programs the one with the release’s name starts', () => {
    const groups = byPlatform([one('linux/amd64', 'a'), one('linux/amd64', 'b')], []);
    expect(entrypointOf(groups, 'b')).toEqual(['/usr/local/bin/b']);
    expect(() => entrypointOf(groups, 'c')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
    expect(entrypointOf(byPlatform(three, []), 'c')).toEqual(['/usr/local/bin/hello']);
  });
});
