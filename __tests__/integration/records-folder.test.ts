import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openRecords } from '../../src/core/records/index.ts';
import { sampleRelease } from '../core/records/samples.ts';
import { keepsFiles, keepsHistory } from './records-behaviour.ts';
import { killsInTheMiddle, raceOfProcesses } from './records-writers.ts';

const timeout = 120_000;

describe('records in a folder', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'records-folder-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  const { signal } = new AbortController();
  const open = (name: string) =>
    openRecords({ folder: name }, { place: 'slipway.yml:1', image: undefined, directory: root, env: {}, signal });

  keepsFiles(open);
  keepsHistory(open, sampleRelease);

  test('bytes that two releases share are there once, and files of the place are ignored by git', async () => {
    const records = await open('shared');
    for (const version of ['v1.0.0', 'v1.0.1'])
      await records.put(await sampleRelease(join(root, version), version, { content: 'the same' }));
    // Two binaries and their SBOMs once; an archive of each.
    expect(await readdir(join(root, 'shared', 'files'))).toHaveLength(6);
    expect(await readFile(join(root, 'shared', '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('what was changed in the place is refused, with both hashes', async () => {
    const records = await open('tampered');
    const release = await sampleRelease(join(root, 'tampered-release'), 'v1.0.0');
    await records.put(release);
    const { sha256 } = release.record.binaries[1]!;
    await writeFile(join(root, 'tampered', 'files', sha256), 'something else');
    const refused = expect.objectContaining({
      code: 'RECORD_CHANGED',
      message: expect.stringMatching(new RegExp(`hello-linux-arm64 in .*its sha256 is [0-9a-f]{64}, .* ${sha256}`)),
    });
    await expect(records.get('v1.0.0', join(root, 'tampered-got'))).rejects.toThrow(refused);
    expect(await readdir(join(root, 'tampered-got', 'slipway-out'))).not.toContain('hello-linux-arm64');
    // Keeping the same again mends nothing, as it is there; another version with these bytes does.
    await records.put({ ...release, record: { ...release.record, version: 'v1.0.1' } });
    expect((await records.get('v1.0.0', join(root, 'tampered-got'))).record.version).toBe('v1.0.0');
  });

  test('a list that names another file than the record does is not believed', async () => {
    const records = await open('list');
    await records.put(await sampleRelease(join(root, 'list-release'), 'v1.0.0'));
    const file = join(root, 'list', 'releases', 'v1.0.0.json');
    const kept = JSON.parse(await readFile(file, 'utf8'));
    const [first, second, ...others] = kept.files;
    await writeFile(
      file,
      JSON.stringify({ ...kept, files: [{ ...first, sha256: second.sha256, size: second.size }, second, ...others] }),
    );
    await expect(records.get('v1.0.0', join(root, 'list-got'))).rejects.toThrow(
      expect.objectContaining({ code: 'RECORD_CHANGED' }),
    );
  });

  test.each(['../outside', '/etc/passwd', 'release.json', 'a/../../b'])(
    'a file called %s is not written',
    async name => {
      const records = await open('names');
      await records.put(await sampleRelease(join(root, 'names-release'), 'v1.0.0'));
      const file = join(root, 'names', 'releases', 'v1.0.0.json');
      const kept = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...kept, files: [{ ...kept.files[0], name }, ...kept.files.slice(1)] }));
      await expect(records.get('v1.0.0', join(root, 'names-got'))).rejects.toThrow(
        expect.objectContaining({ code: 'RECORD_INVALID' }),
      );
      await rm(join(root, 'names'), { recursive: true });
    },
  );

  test(
    'processes at the same moment lose no entry',
    async () => {
      await raceOfProcesses(await open('race'), '{ folder: race }', [root]);
    },
    timeout,
  );

  test('of two that keep different releases under one version, one is told so', async () => {
    const records = await open('crossing');
    const releases = await Promise.all(
      ['one', 'two'].map(content => sampleRelease(join(root, content), 'v1.0.0', { content })),
    );
    const ended = await Promise.allSettled(releases.map(one => records.put(one)));
    expect(ended.map(one => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ended.find(one => one.status === 'rejected')).toMatchObject({ reason: { code: 'RELEASE_EXISTS' } });
  });

  test(
    'a writer that is killed leaves nothing to be seen, or the whole',
    async () => {
      await killsInTheMiddle(await open('kills'), '{ folder: kills }', root);
    },
    timeout,
  );
});
