import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LoadedRecord } from '../../src/core/record/files.ts';
import type { Records } from '../../src/core/records/records.ts';
import { sampleEntry, sampleRelease } from '../core/records/samples.ts';

const fails = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });

type Open = (name: string) => Promise<Records>;

/** What holds wherever files are kept; `open` gives an empty place of a name. */
export function keepsFiles(open: Open): void {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'records-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);

  test('a release comes back whole, without what was done with it; keeping it again changes nothing', async () => {
    const records = await open('whole');
    const time = new Date().toISOString();
    const verification = { verdict: 'verified' as const, checks: [], reasons: [], at: time };
    const release = await sampleRelease(at('whole'), 'v1.0.0+dirty', { more: { verification } });
    await records.put(release);
    const kept = await records.releases();
    await records.put({ ...release, record: { ...release.record, tests: [] } });
    expect(await records.releases()).toEqual(kept);
    const got = await records.get('v1.0.0+dirty', at('whole-again'));
    expect(got.file).toBe(join(at('whole-again'), 'slipway-out', 'release.json'));
    expect(got.record).toMatchObject({ name: 'hello', version: 'v1.0.0+dirty', deployments: [] });
    expect(got.record.verification).toBeUndefined();
    const all = ({ binaries, archives = [] }: typeof got.record) => [
      ...binaries.flatMap(one => [one.path, one.sbom!]),
      ...archives.map(one => one.path),
    ];
    expect(all(got.record)).toHaveLength(5);
    for (const [index, path] of all(got.record).entries())
      expect(await readFile(path)).toEqual(await readFile(all(release.record)[index]!));
  });

  test('the signatures beside its binaries come with it, those on other binaries do not', async () => {
    const records = await open('signed');
    const release = await sampleRelease(at('signed'), 'v1.0.0');
    const [amd64, arm64] = release.record.binaries.map(({ path }) => path) as [string, string];
    const statement = (digest: string) =>
      JSON.stringify({ predicateType: 'https://slsa.dev/provenance/v1', subject: [{ digest: { sha256: digest } }] });
    const texts = {
      [`${amd64}.sigstore.json`]: '{"messageSignature":{}}',
      [join(dirname(arm64), 'provenance.sigstore.json')]: statement(release.record.binaries[1]!.sha256),
    };
    const strange = join(dirname(arm64), 'of-before.sigstore.json');
    for (const [path, text] of Object.entries({ ...texts, [strange]: statement('0'.repeat(64)) }))
      await writeFile(path, text);
    await records.put(release);
    const got = await records.get('v1.0.0', at('signed-again'));
    const folder = dirname(got.record.binaries[0]!.path);
    for (const [path, text] of Object.entries(texts))
      expect(await readFile(join(folder, basename(path)), 'utf8')).toBe(text);
    expect(await readdir(folder)).not.toContain(basename(strange));
  });

  test('another release under the same version is refused with what differs', async () => {
    const records = await open('other');
    await records.put(await sampleRelease(at('other'), 'v1.0.0', { content: 'one' }));
    const other = await sampleRelease(at('other-2'), 'v1.0.0', { content: 'two' });
    await expect(records.put(other)).rejects.toThrow(
      fails('RELEASE_EXISTS', { message: expect.stringContaining('example.com/hello for linux/amd64 is sha256') }),
    );
    const got = await records.get('v1.0.0', at('other-3'));
    expect(await readFile(got.record.binaries[0]!.path, 'utf8')).toBe('linux/amd64one');
  });

  test('a binary that was changed on disk is not kept', async () => {
    const records = await open('changed');
    const release = await sampleRelease(at('changed'), 'v1.0.0');
    const { path, sha256 } = release.record.binaries[0]!;
    await writeFile(path, 'something else');
    await expect(records.put(release)).rejects.toThrow(
      fails('RECORD_CHANGED', { message: expect.stringMatching(new RegExp(`${path}.*[0-9a-f]{64}.*${sha256}`)) }),
    );
    expect(await records.releases()).toEqual([]);
  });

  test('a copy in slipway-out that was changed is replaced by the right one', async () => {
    const records = await open('replaced');
    const release = await sampleRelease(at('replaced'), 'v1.0.0');
    await records.put(release);
    await writeFile(release.record.binaries[0]!.path, 'something else');
    const got = await records.get('latest', at('replaced'));
    expect(await readFile(got.record.binaries[0]!.path, 'utf8')).toBe('linux/amd64v1.0.0');
  });
}

/** What holds wherever records are. */
export function keepsHistory(open: Open, release: (folder: string, version: string) => Promise<LoadedRecord>): void {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'records-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);

  test('a version that nobody kept: the nearest and the last ones are named; latest is the last one kept', async () => {
    const records = await open('missing');
    const nothing = fails('VERSION_MISSING', { hint: expect.stringContaining('No release is kept there yet') });
    await expect(records.get('latest', at('missing'))).rejects.toThrow(nothing);
    for (const version of ['v1.9.0', 'v1.10.0', 'v2.0.0']) await records.put(await release(at('missing'), version));
    expect((await records.get('latest', at('missing'))).record.version).toBe('v2.0.0');
    expect((await records.releases()).map(one => one.version)).toEqual(['v2.0.0', 'v1.10.0', 'v1.9.0']);
    const record = await records.record('v1.10.0');
    const names = (await release(at('missing'), 'v1.10.0')).record.binaries.map(one => basename(one.path));
    expect(record!.binaries.map(one => one.path)).toEqual(names);
    expect(record!.version).toBe('v1.10.0');
    expect(await records.record('v3.0.0')).toBeUndefined();
    const near = fails('VERSION_MISSING', { hint: expect.stringMatching(/mean v1\.10\.0.*Others are .*v2\.0\.0/) });
    await expect(records.get('v1.10.00', at('missing'))).rejects.toThrow(near);
  });

  test('entries come back newest first, by version and environment', async () => {
    const records = await open('entries');
    expect(await records.entries()).toEqual([]);
    const [first, second, third] = [
      sampleEntry(),
      sampleEntry({ environment: 'production' }),
      sampleEntry({ version: 'v1.1.0' }),
    ] as const;
    for (const entry of [first, second, third]) await records.append(entry);
    expect(await records.entries()).toEqual([third, second, first]);
    expect(await records.entries({ environment: 'staging' })).toEqual([third, first]);
    expect(await records.entries({ environment: 'staging', version: 'v1.0.0' })).toEqual([first]);
    expect(await records.entries({ limit: 2 })).toEqual([third, second]);
  });

  test('an entry is never written again', async () => {
    const records = await open('again');
    const entry = sampleEntry();
    await records.append(entry);
    await expect(records.append({ ...entry, mode: 'rollback' })).rejects.toThrow(fails('ENTRY_EXISTS'));
    expect(await records.entries()).toEqual([entry]);
  });
}
