import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadRecords, saveRecord } from '../../../src/core/record/files.ts';
import { parseRecord } from '../../../src/core/record/parse.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (target: string, path: string) =>
  JSON.stringify({
    schema: 'slipway.release/v1',
    name: 'x',
    version: 'v1.0.0',
    binaries: [{ package: 'x', target, path, size: 1, sha256: 'a'.repeat(64) }],
  });

describe('records on disk', () => {
  test('paths are absolute in memory and relative to the record’s folder on disk', async () => {
    await writeFile(join(folder, 'release.json'), text('linux/amd64', 'x-linux-amd64'));
    const loaded = (await loadRecords(['release.json'], folder))!;
    expect(loaded.record.binaries[0]!.path).toBe(join(folder, 'x-linux-amd64'));
    await saveRecord(loaded);
    expect(JSON.parse(await readFile(loaded.file, 'utf8')).binaries[0].path).toBe('x-linux-amd64');
  });

  test('several records merge into slipway-out/release.json, and paths still lead to the binaries', async () => {
    await writeFile(join(folder, 'release-a.json'), text('linux/amd64', 'a'));
    await writeFile(join(folder, 'release-b.json'), text('linux/arm64', 'b'));
    const loaded = (await loadRecords(['release-*.json'], folder))!;
    expect(loaded.file).toBe(join(folder, 'slipway-out', 'release.json'));
    await saveRecord(loaded);
    const again = (await loadRecords([loaded.file], folder))!;
    expect(again.record.binaries.map(one => one.path)).toEqual([join(folder, 'a'), join(folder, 'b')]);
    expect(await readFile(loaded.file, 'utf8')).toContain('"path": "../a"');
  });

  test.each(['a [b] {c}', 'Ümläut und ?', 'line # end'])(
    'a record in the folder "%s" is found by its path',
    async name => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'release.json'), text('linux/amd64', 'x'));
      for (const path of [join(folder, name, 'release.json'), join(name, 'release.json')]) {
        const loaded = (await loadRecords([path], folder))!;
        expect(loaded.record.binaries[0]!.path).toBe(join(folder, name, 'x'));
      }
    },
  );

  test('a glob may be absolute, and a file that two names lead to is read once', async () => {
    await writeFile(join(folder, 'release-a.json'), text('linux/amd64', 'a'));
    const loaded = (await loadRecords([join(folder, 'release-*.json'), 'release-a.json'], folder))!;
    expect(loaded.file).toBe(join(folder, 'release-a.json'));
  });

  test('no record asked for is no record', async () => expect(await loadRecords([], folder)).toBeUndefined());

  test.each([['missing.json'], ['nothing-*.json']])('%s that is not there is an error with a hint', async path => {
    await expect(loadRecords([path], folder)).rejects.toMatchObject({
      code: 'RECORD_MISSING',
      hint: expect.stringContaining('artifact'),
    });
  });
});

describe('parseRecord', () => {
  test.each([
    ['no JSON', '{', 'RECORD_INVALID', 'not JSON'],
    ['another major', '{"schema":"slipway.release/v2"}', 'RECORD_VERSION', '"slipway.release/v2"'],
    ['no schema', '{}', 'RECORD_VERSION', 'undefined'],
    ['no object', 'null', 'RECORD_VERSION', 'undefined'],
    ['a wrong field', text('linux/amd64', 'x').replace('"size":1', '"size":-1'), 'RECORD_INVALID', 'binaries.0.size'],
  ])('%s is refused and the file named', (_, content, code, part) => {
    expect(() => parseRecord(content, 'some/release.json')).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(new RegExp(`some/release.json.*${part.replaceAll('"', '.')}`)),
      }),
    );
  });

  test('unknown fields are kept', () => {
    const parsed = parseRecord(text('linux/amd64', 'x').replace('"name"', '"later":{"a":1},"name"'), 'f');
    expect(parsed).toMatchObject({ later: { a: 1 } });
  });
});
