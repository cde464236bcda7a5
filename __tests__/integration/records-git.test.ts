import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { entryText } from '../../src/core/records/entries.ts';
import { type OpenRecords, openRecords } from '../../src/core/records/index.ts';
import { entryName } from '../../src/core/records/names.ts';
import { sampleEntry, sampleRelease } from '../core/records/samples.ts';
import { campaign } from './extent.ts';
import { startGitServer } from './git-server.ts';
import { describeWith } from './lab.ts';
import { keepsHistory } from './records-behaviour.ts';
import { killsInTheMiddle, raceOfClients, writers } from './records-writers.ts';
import { pushTinyImage } from './tiny-image.ts';

const timeout = 120_000;
/** On a branch that is long. */
const entries = campaign ? 2000 : 400;
const { signal } = new AbortController();
const plainHttp = { images: [], insecure: true, 'registry-username': undefined, 'registry-password': undefined };

let root: string;
const git = async (directory: string, ...args: string[]) =>
  (await promisify(execFile)('git', ['-C', directory, ...args])).stdout.trim();
const opened: OpenRecords[] = [];
const open = async (directory: string, branch = 'slipway-records', env: NodeJS.ProcessEnv = {}) => {
  const records = await openRecords(
    { git: branch },
    { place: 'slipway.yml:1', image: plainHttp, directory, env: { PATH: process.env['PATH'], ...env }, signal },
  );
  opened.push(records);
  return records;
};
/** A remote with two commits, and clones of it: one as developers have it, one as actions/checkout makes it. */
async function remoteAndClones(name: string) {
  const [remote, full, shallow] = ['remote.git', 'full', 'shallow'].map(one => join(root, name, one)) as [
    string,
    string,
    string,
  ];
  await git(root, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  await git(root, 'clone', '--quiet', remote, full);
  for (const text of ['one', 'two']) {
    await writeFile(join(full, 'file'), text);
    await git(full, 'add', 'file');
    await git(full, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', text);
  }
  await git(full, 'push', '--quiet', 'origin', 'HEAD:main');
  await git(root, 'clone', '--quiet', '--depth=1', `file://${remote}`, shallow);
  return { remote, full, shallow };
}
/** git keeps no binaries: a release that has none. */
async function recordOnly(folder: string, version: string, more: Partial<ReleaseRecord> = {}) {
  const { file, record } = await sampleRelease(folder, version);
  return { file, record: { ...record, binaries: [], archives: [], ...more } };
}

/** A branch with so many entries, each in a commit of its own, as writers of some years leave it. */
async function importEntries(remote: string, count: number): Promise<void> {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const commits = Array.from({ length: count }, (_, index) => {
    const entry = sampleEntry({ at: new Date(Date.UTC(2025, 0, 1) + index * 4 * 3_600_000).toISOString() });
    const name = entryName(entry);
    const path = `entries/${name.slice(0, 7)}/${name}.json`;
    const header = `commit refs/heads/slipway-records\ncommitter a <a@b> ${1_700_000_000 + index} +0000\n`;
    return `${header}${data(`entry ${name}`)}M 100644 inline ${path}\n${data(entryText(entry, {}))}`;
  });
  await run(['git', '-C', remote, 'fast-import', '--quiet'], { input: commits.join('\n'), timeout });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'records-git-'));
});
afterAll(async () => {
  for (const one of opened) one[Symbol.dispose]();
  await rm(root, { recursive: true, force: true });
});

describe('records on a branch', () => {
  let clones: Awaited<ReturnType<typeof remoteAndClones>>;
  beforeAll(async () => {
    clones = await remoteAndClones('plain');
  });

  describe.each(['full', 'shallow'] as const)('%s clone', kind => {
    keepsHistory(name => open(clones[kind], `${kind}-${name}`), recordOnly);

    test('neither working tree nor index nor branches are touched, and each entry is a commit of its own', async () => {
      const directory = clones[kind];
      await writeFile(join(directory, 'staged'), 'staged');
      await git(directory, 'add', 'staged');
      await writeFile(join(directory, 'file'), 'changed');
      const state = async () => [
        await git(directory, 'status', '--porcelain=v2', '--branch'),
        await git(directory, 'for-each-ref', 'refs/heads', 'refs/tags'),
        await git(directory, 'rev-parse', '--is-shallow-repository'),
        await git(directory, 'log', '--oneline', 'HEAD'),
        await readFile(join(directory, '.git', 'config'), 'utf8'),
        await readFile(join(directory, '.git', 'FETCH_HEAD'), 'utf8').catch(() => 'none'),
        await git(directory, 'stash', 'list'),
      ];
      const before = await state();
      const records = await open(directory, `untouched-${kind}`);
      await records.put(await recordOnly(join(root, 'untouched'), 'v1.0.0'));
      for (let entry = 0; entry < 2; entry++) await records.append(sampleEntry());
      expect(await records.entries()).toHaveLength(2);
      expect(await state()).toEqual(before);
      const log = (await git(clones.remote, 'log', '--format=%s', `untouched-${kind}`)).split('\n');
      expect(log).toEqual([expect.stringMatching(/^entry /), expect.stringMatching(/^entry /), 'release v1.0.0']);
      await expect(git(clones.remote, 'merge-base', 'main', `untouched-${kind}`)).rejects.toThrow();
      expect((await git(clones.remote, 'ls-tree', '-r', '--name-only', `untouched-${kind}`)).split('\n')).toEqual([
        'README.md',
        expect.stringMatching(/^entries\/2026-01\/2026-01-01T/),
        expect.stringMatching(/^entries\/2026-01\/2026-01-01T/),
        'releases/v1.0.0.json',
      ]);
    });
  });

  test(
    'the entries of years are read by a handful of git’s processes, and one more is written by as few as the first',
    async () => {
      const { remote, full } = await remoteAndClones('many');
      await importEntries(remote, entries);
      const trace = join(root, 'many', 'trace');
      const records = await open(full, 'slipway-records', { GIT_TRACE2_EVENT: trace });
      /** Those that we start; each starts helpers of its own. */
      const started = async () => {
        const events = await readFile(trace, 'utf8').catch(() => '');
        await rm(trace, { force: true });
        return events.split('\n').filter(line => line.includes('"event":"start"') && !/"sid":"[^"]*\//.test(line))
          .length;
      };
      expect(await records.entries()).toHaveLength(entries);
      expect(await started()).toBeLessThan(25);
      expect(await records.entries({ limit: 1 })).toHaveLength(1);
      expect(await started()).toBeLessThan(10);
      const entry = sampleEntry({ at: '2027-01-01T00:00:00.000Z' });
      await records.append(entry);
      expect(await started()).toBeLessThan(15);
      expect(await records.entries({ limit: 1 })).toEqual([entry]);
    },
    timeout,
  );

  test(
    'writers in two clones at the same moment lose no entry',
    async () => {
      const { remote, full, shallow } = await remoteAndClones('race');
      await raceOfClients(await open(full), index => open(index % 2 === 0 ? full : shallow));
      expect(await git(remote, 'rev-list', '--count', 'slipway-records')).toBe(String(writers));
      expect(await git(shallow, 'rev-parse', '--is-shallow-repository')).toBe('true');
      expect(await git(full, 'rev-parse', '--is-shallow-repository')).toBe('false');
    },
    timeout,
  );

  test(
    'a writer that is killed leaves nothing to be seen, or the whole, and the repository usable',
    async () => {
      const { remote, full } = await remoteAndClones('kills');
      await killsInTheMiddle(await open(full), 'git', full, { megabytes: 0, files: false });
      for (const directory of [remote, full]) await git(directory, 'fsck', '--strict');
    },
    timeout,
  );

  test('a push that the remote refuses is an error with its words and what to do, after few tries', async () => {
    const { remote, full } = await remoteAndClones('refused');
    const hook = join(remote, 'hooks', 'pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "nobody may write here" >&2\nexit 1\n');
    await chmod(hook, 0o755);
    const refused = expect.objectContaining({
      code: 'RECORDS_FAILED',
      message: expect.stringContaining('nobody may write here'),
      hint: expect.stringContaining('contents: write'),
    });
    await expect((await open(full)).append(sampleEntry())).rejects.toThrow(refused);
  });

  test('a repository without remote, and a remote that is gone', async () => {
    const { full } = await remoteAndClones('gone');
    await git(full, 'remote', 'set-url', 'origin', 'file:///nowhere/of-a-test');
    await expect((await open(full)).entries()).rejects.toThrow(expect.objectContaining({ code: 'RECORDS_FAILED' }));
    await git(full, 'remote', 'remove', 'origin');
    await expect((await open(full)).entries()).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(/^slipway.yml:1: /) }),
    );
  });

  describe('over HTTP with a token', () => {
    const token = 'ghs_token-of-a-test';
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
    test.each(['GITHUB_TOKEN', 'the checkout', 'both'])('credentials of %s', async from => {
      const { remote, shallow } = await remoteAndClones(`token-${from.replace(' ', '-')}`);
      await git(remote, 'config', 'http.receivepack', 'true');
      await using server = await startGitServer(join(remote, '..'), token);
      await git(shallow, 'remote', 'set-url', 'origin', `${server.url}/remote.git`);
      // As actions/checkout leaves them.
      if (from !== 'GITHUB_TOKEN')
        await git(shallow, 'config', `http.${server.url}/.extraheader`, `AUTHORIZATION: basic ${basic}`);
      const env = from === 'the checkout' ? {} : { GITHUB_TOKEN: token, GITHUB_SERVER_URL: server.url };
      const records = await open(shallow, 'slipway-records', env);
      const entry = sampleEntry();
      await records.append(entry);
      expect(await records.entries()).toEqual([entry]);
      expect(server.headers.every(one => one.length <= 1)).toBe(true);
    });

    test('without one, the error says what to give, and a token in the URL is not shown', async () => {
      const { remote, shallow } = await remoteAndClones('token-none');
      await using server = await startGitServer(join(remote, '..'), token);
      await git(
        shallow,
        'remote',
        'set-url',
        'origin',
        `${server.url.replace('//', '//x:secret-of-a-test@')}/remote.git`,
      );
      const failed = await (await open(shallow)).append(sampleEntry()).catch(error => error);
      expect(failed).toMatchObject({ code: 'RECORDS_FAILED', hint: expect.stringContaining('GITHUB_TOKEN') });
      expect(failed.message).not.toContain('secret-of-a-test');
    });
  });
});

await describeWith('registry', 'binaries of records on a branch', lab => {
  test('they come from the layers of the image, checked; what is nowhere is an error that says what to do', async () => {
    const { full } = await remoteAndClones('image');
    const records = await open(full);
    const release = await sampleRelease(join(root, 'image-release'), 'v1.0.0', { content: Buffer.alloc(3 << 20, 'x') });
    const [amd64, arm64] = release.record.binaries as [
      ReleaseRecord['binaries'][number],
      ReleaseRecord['binaries'][number],
    ];
    const image = await pushTinyImage(
      lab.registry.url,
      `test/records-git-${process.pid}-${Date.now()}`,
      amd64.path,
      'amd64',
    );
    const { repository, digest, manifest, config } = image;
    const platform = { platform: 'linux/amd64', digest: manifest, config, size: 1, binaries: [amd64.sha256] };
    const images = [{ repositories: [repository], digest, tags: [], platforms: [platform], attestations: [] }];
    await records.put({ ...release, record: { ...release.record, images } });
    const got = await records.get('latest', join(root, 'image-got'));
    expect(got.record.binaries.map(one => [one.target, one.sbom])).toEqual([['linux/amd64', undefined]]);
    // Not toEqual: it compares byte by byte, half a minute for three megabytes.
    expect((await readFile(got.record.binaries[0]!.path)).equals(await readFile(amd64.path))).toBe(true);
    expect(got.record.archives).toBeUndefined();

    const without = { ...release, record: { ...release.record, version: 'v1.0.1' } };
    await records.put(without);
    const nowhere = expect.objectContaining({
      code: 'BINARIES_NOT_KEPT',
      hint: expect.stringContaining('records: oci or folder'),
    });
    await expect(records.get('v1.0.1', join(root, 'image-got'))).rejects.toThrow(nowhere);

    const wrong = [{ ...images[0]!, platforms: [{ ...platform, binaries: [arm64.sha256] }] }];
    await records.put({ ...release, record: { ...release.record, version: 'v1.0.2', images: wrong } });
    await expect(records.get('v1.0.2', join(root, 'image-got'))).rejects.toThrow(
      expect.objectContaining({ code: 'BINARIES_NOT_KEPT', message: expect.stringContaining('does not have it') }),
    );
  });
});
