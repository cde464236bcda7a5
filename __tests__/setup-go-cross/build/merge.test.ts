import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sha256 } from '../../../src/core/files.ts';
import { loadRecords } from '../../../src/core/record/files.ts';
import { parseTarget } from '../../../src/core/target.ts';
import { mergeInto } from '../../../src/setup-go-cross/build/merge.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a job of a matrix leaves: a library with its header and SBOM, an archive, a provenance statement, the record. */
function job(target: string): void {
  const name = target.replaceAll('/', '-');
  const out = join(folder, 'slipway-out', name);
  mkdirSync(out, { recursive: true });
  const file = (path: string) => {
    writeFileSync(join(out, path), `${path} of ${target}`);
    return { path, size: 1, sha256: sha256(`${path} of ${target}`) };
  };
  for (const path of ['hello.h', 'hello.cdx.json', 'provenance.intoto.json']) file(path);
  const record = {
    schema: 'slipway.release/v1',
    ...{ name: 'hello', version: 'v1.0.0', images: [], deployments: [] },
    binaries: [
      { package: 'example.com/hello', target, ...file('hello.so'), header: 'hello.h', sbom: 'hello.cdx.json' },
    ],
    archives: [{ target, ...file('hello.tar.gz') }],
    provenance: ['provenance.intoto.json'],
  };
  writeFileSync(join(out, 'release.json'), JSON.stringify(record));
}

const merge = async (...targets: string[]) =>
  mergeInto(
    folder,
    await loadRecords(['slipway-out/*/release.json'], folder),
    targets.map(parseTarget),
    AbortSignal.timeout(10_000),
  );

test('everything that the jobs made is in one record, with paths from its own folder', async () => {
  job('linux/amd64');
  job('linux/arm64');
  await merge('linux/amd64', 'linux/arm64');
  const record = JSON.parse(readFileSync(join(folder, 'slipway-out/release.json'), 'utf8'));
  expect(record.binaries.map((one: Record<string, string>) => [one['path'], one['header'], one['sbom']])).toEqual(
    ['linux-amd64', 'linux-arm64'].map(name => [`${name}/hello.so`, `${name}/hello.h`, `${name}/hello.cdx.json`]),
  );
  expect(record.archives.map((one: Record<string, string>) => one['path'])).toEqual([
    'linux-amd64/hello.tar.gz',
    'linux-arm64/hello.tar.gz',
  ]);
  expect(record.provenance).toEqual(['linux-amd64/provenance.intoto.json', 'linux-arm64/provenance.intoto.json']);
});

test.each(['hello.so', 'hello.tar.gz'])('%s with other bytes than its record says', async name => {
  job('linux/amd64');
  const path = join(folder, 'slipway-out/linux-amd64', name);
  writeFileSync(path, 'changed');
  await expect(merge()).rejects.toMatchObject({ code: 'BINARY_CHANGED', message: expect.stringContaining(path) });
});

test('a file that its job kept is no error; a target that no job built is one, where the targets are named', async () => {
  job('linux/amd64');
  for (const name of ['hello.so', 'hello.tar.gz', 'hello.h']) rmSync(join(folder, 'slipway-out/linux-amd64', name));
  expect((await merge()).record.binaries).toHaveLength(1);
  await expect(merge('linux/amd64', 'linux/arm')).rejects.toMatchObject({
    code: 'TARGET_MISSING',
    message: 'no record has a binary for linux/arm/v7',
  });
});
