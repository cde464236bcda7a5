import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../../src/core/files.ts';
import { type LoadedRecord, saveRecord } from '../../../src/core/record/files.ts';
import { parseRecord } from '../../../src/core/record/parse.ts';
import { releaseTag } from '../../../src/release/github/index.ts';
import { isPrerelease } from '../../../src/release/github/release.ts';
import { printed, withGitHub } from './support.ts';

const { fake, run } = withGitHub();
const commit = 'c'.repeat(40);
const digest = `sha256:${'d'.repeat(64)}`;
let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'slipway-publish-')), 'slipway-out');
  await mkdir(folder);
  fake().repository.tags.set('v1.2.3', { sha: commit });
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

async function put(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The record of a build of two targets, one of them packed, with all that lies beside it. */
async function built(program = 'the program'): Promise<LoadedRecord> {
  const binary = async (target: string, name: string, content: string) => ({
    ...{ package: 'acme.test/hello', target, size: content.length, sha256: sha256(content), reproducible: true },
    ...{ path: await put(name, content), sbom: await put(`${name}.cdx.json`, `{"of":"${target}"}`) },
  });
  const zip = 'PK a zip';
  const record = parseRecord(
    JSON.stringify({
      ...{ schema: 'slipway.release/v1', name: 'hello', version: 'v1.2.3', commit },
      toolchain: { version: 'go1.26.8', source: 'GOPROXY', verifiedBy: 'checksum-database', hash: 'h1:x' },
      binaries: [
        await binary('linux/amd64', 'hello-linux-amd64', program),
        await binary('windows/amd64', 'hello-windows-amd64.exe', `${program} for Windows`),
      ],
      archives: [
        {
          target: 'windows/amd64',
          path: await put('hello_1.2.3_windows_amd64.zip', zip),
          size: zip.length,
          sha256: sha256(zip),
        },
      ],
      provenance: [await put('provenance.intoto.json', `{"run":${Math.random()}}`)],
      images: [
        {
          ...{ repositories: ['ghcr.io/acme/hello'], digest, tags: ['v1.2.3'], attestations: [] },
          platforms: [{ platform: 'linux/amd64', digest, config: digest, size: 1, binaries: [] }],
        },
      ],
    }),
    'test',
  );
  await put('hello-linux-amd64.sigstore.json', `{"signed":${Math.random()}}`);
  const loaded = { file: join(folder, 'release.json'), record };
  await saveRecord(loaded);
  return loaded;
}

const publish = async (loaded?: LoadedRecord) => run().publishRelease('v1.2.3', loaded ?? (await built()));
const released = () => fake().repository.releases[0]!;
const contentOf = (name: string) =>
  released()
    .assets.find(one => one['name'] === name)
    ?.['content']?.toString();
const uploads = () => fake().seen.filter(one => one.name.startsWith('POST') && one.name.endsWith('/assets')).length;
const files = [
  'SHA256SUMS',
  'hello-linux-amd64',
  'hello-linux-amd64.cdx.json',
  'hello-linux-amd64.sigstore.json',
  'hello-windows-amd64.exe.cdx.json',
  'hello_1.2.3_windows_amd64.zip',
  'provenance.intoto.json',
];
const names = () =>
  released()
    .assets.map(one => one['name'])
    .sort();

describe('a GitHub release', () => {
  test('is published when all its files are there, not before', async () => {
    const published = await publish();
    expect(published).toEqual({ url: 'https://github.test/acme/hello/releases/tag/v1.2.3', state: 'published' });
    expect(names()).toEqual(files);
    expect(released()).toMatchObject({ tag_name: 'v1.2.3', draft: false, prerelease: false, make_latest: 'legacy' });
    const last = 'PATCH …/releases/{release_id}';
    expect(fake().written.filter(name => !name.endsWith('/assets'))).toEqual([
      'POST …/releases',
      'POST …/releases/generate-notes',
      last,
    ]);
    expect([
      fake().written.at(-1),
      fake().seen[fake().seen.findIndex(one => one.name === 'POST …/releases')]!.body,
    ]).toEqual([last, expect.objectContaining({ draft: true })]);
  });

  test('SHA256SUMS is what sha256sum checks, of all that is no evidence', async () => {
    await publish();
    const lines = contentOf('SHA256SUMS')!.trimEnd().split('\n');
    expect(lines).toContain(`${sha256('the program')}  hello-linux-amd64`);
    expect(lines.map(line => line.slice(66)).sort()).toEqual(
      files.filter(name => !/^SHA|sigstore|provenance/.test(name)),
    );
  });

  test('its notes: what changed, targets, digests, and commands to check them', async () => {
    await publish();
    const body = String(released()['body']);
    expect(body).toMatch(/^## What's Changed\n\* faster by @gopher/);
    expect(body).toContain(
      `Built from ${commit} with go1.26.8 (verified by Go’s checksum database); a second build gave the same bytes.`,
    );
    expect(body).toContain(`| linux/amd64 | \`hello-linux-amd64\` | 11 B | \`${sha256('the program')}\` |`);
    expect(body).toContain('| windows/amd64 | `hello_1.2.3_windows_amd64.zip` | 8 B |');
    expect(body).toContain(`| \`ghcr.io/acme/hello:v1.2.3\` | linux/amd64 | \`${digest}\` |`);
    expect(body).toContain('gh release download v1.2.3 --repo github.test/acme/hello && sha256sum --check SHA256SUMS');
    expect(body).toContain(
      'gh attestation verify hello-linux-amd64 --repo github.test/acme/hello --bundle hello-linux-amd64.sigstore.json',
    );
    expect(body).toContain(`crane digest ghcr.io/acme/hello@${digest}`);
  });

  test('published again, nothing is written; evidence that a new run made does not count as another release', async () => {
    await publish();
    const before = fake().written.length;
    expect(await publish()).toMatchObject({ state: 'unchanged' });
    expect(fake().written).toHaveLength(before);
  });

  test('other content under a published name is refused, and nothing changed', async () => {
    await publish();
    const before = fake().written.length;
    await expect(publish(await built('another program'))).rejects.toMatchObject({
      code: 'RELEASE_DIFFERS',
      message: expect.stringMatching(/hello-linux-amd64 \(there sha256:\w{64}, here sha256:\w{64}\)/),
    });
    expect(fake().written).toHaveLength(before);
    expect(contentOf('hello-linux-amd64')).toBe('the program');
  });

  test('a published one that lacks files gets them, unless it is immutable', async () => {
    await publish();
    const lost = released().assets.findIndex(one => one['name'] === 'hello-linux-amd64');
    released().assets.splice(lost, 1);
    expect(await publish()).toMatchObject({ state: 'completed' });
    expect(names()).toEqual(files);
    released().assets.splice(0, 1);
    released()['immutable'] = true;
    await expect(publish()).rejects.toMatchObject({ code: 'RELEASE_INCOMPLETE' });
  });

  test('in a repository with immutable releases', async () => {
    fake().repository.immutable = true;
    expect(await publish()).toMatchObject({ state: 'published' });
    expect([names(), released()['immutable']]).toEqual([files, true]);
    expect(await publish()).toMatchObject({ state: 'unchanged' });
  });

  test('a draft keeps the files that are the same, the others are replaced', async () => {
    fake().faults.push({ at: /^PATCH …\/releases/, what: { status: 422 } });
    await expect(publish()).rejects.toMatchObject({ code: 'GITHUB_REFUSED' });
    const before = uploads();
    await publish(await built('another program'));
    // the program, SHA256SUMS, and the two that are evidence
    expect([contentOf('hello-linux-amd64'), uploads() - before]).toEqual(['another program', 4]);
    expect(fake().repository.releases).toHaveLength(1);
  });

  test('a run that was killed amid the uploads is taken up by the next', async () => {
    await built();
    fake().faults.push({ at: /^POST .*\/assets$/, what: 'hang', times: 4 });
    const argv = [join(import.meta.dirname, 'publish.ts'), join(folder, 'release.json')];
    const child = spawn(process.execPath, argv, { env: { ...process.env, ...fake().env() }, stdio: 'inherit' });
    await Promise.race([fake().hanging, once(child, 'exit')]);
    child.kill('SIGKILL');
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    expect(released()['draft']).toBe(true);
    for (const fault of fake().faults) fault.times = 0;
    expect(await publish()).toMatchObject({ state: 'published' });
    expect([names(), fake().repository.releases.length]).toEqual([files, 1]);
  });
});

describe('what goes wrong with a release', () => {
  test.each([
    { name: 'the connection is cut amid an upload', fault: { at: /^POST .*\/assets$/, what: 'torn' } as const },
    { name: 'the answer to an upload is lost', fault: { at: /^POST .*\/assets$/, what: 'reset-after' } as const },
    { name: 'GitHub fails at an upload', fault: { at: /^POST .*\/assets$/, what: { status: 502 } } },
    {
      name: 'a limit on how fast one writes',
      fault: { at: /^POST .*\/assets$/, what: { status: 403, headers: { 'retry-after': '1' } } },
    },
    { name: 'the answer to the creation is lost', fault: { at: /^POST …\/releases$/, what: 'reset-after' } as const },
    { name: 'the answer to the publication is lost', fault: { at: /^PATCH/, what: 'reset-after' } as const },
  ])('$name: one release with all its files', async ({ fault }) => {
    fake().faults.push(fault);
    await printed(() => publish());
    expect([names(), released()['draft'], fake().repository.releases.length]).toEqual([files, false, 1]);
  });

  test('GitHub says a file is there already: it is looked at, and left when it is the same', async () => {
    const body = {
      message: 'Validation Failed',
      errors: [{ resource: 'ReleaseAsset', code: 'already_exists', field: 'name' }],
    };
    fake().faults.push({ at: /^POST .*\/assets$/, what: { status: 422, body } });
    await printed(() => publish());
    expect(names()).toEqual(files);
  });

  test('without the list of what changed it is a release, too', async () => {
    fake().faults.push({ at: /generate-notes$/, what: { status: 403 } });
    const log = await printed(() => publish());
    expect(log).toMatch(/^::warning::asking what changed/m);
    expect(String(released()['body'])).toMatch(/^Built from/);
  });

  test('a missing permission is an error, with the line to write', async () => {
    fake().permissions = { contents: 'read' };
    await expect(publish()).rejects.toMatchObject({
      code: 'GITHUB_PERMISSION',
      message: expect.stringContaining('the token lacks contents: write'),
      hint: expect.stringContaining('permissions: { contents: write'),
    });
  });

  test('the tag has to be there, and to name what was built', async () => {
    fake().repository.tags.clear();
    await expect(publish()).rejects.toMatchObject({
      code: 'RELEASE_TAG_MISSING',
      hint: expect.stringContaining(`git tag v1.2.3 ${commit}`),
    });
    fake().repository.tags.set('v1.2.3', { sha: 'e'.repeat(40) });
    await expect(publish()).rejects.toMatchObject({ code: 'RELEASE_TAG_MOVED' });
    fake().repository.tags.set('v1.2.3', { sha: commit, annotated: true });
    expect(await publish()).toMatchObject({ state: 'published' });
  });

  test('what is not as recorded is not uploaded', async () => {
    const loaded = await built();
    await put('hello-linux-amd64', 'something else');
    await expect(publish(loaded)).rejects.toMatchObject({ code: 'RELEASE_ASSET_CHANGED' });
    await rm(join(folder, 'hello-linux-amd64'));
    await expect(publish(loaded)).rejects.toMatchObject({ code: 'RELEASE_ASSET_MISSING' });
    expect(fake().seen).toEqual([]);
  });

  test('two programs of one name cannot be in one release', async () => {
    const loaded = await built();
    const twin = { ...loaded.record.binaries[0]!, package: 'acme.test/cmd/hello' };
    const record = { ...loaded.record, binaries: [...loaded.record.binaries, twin] };
    await expect(publish({ ...loaded, record })).rejects.toMatchObject({ code: 'RELEASE_ASSET_NAMES' });
  });
});

test.each([
  ['v1.2.3', false],
  ['v1.2.3-rc.1', true],
  ['1.2.3-beta', true],
  ['cmd/v2.0.0-rc.1', true],
  ['cmd-tool/v2.0.0', false],
])('%s is a prerelease: %s', (tag, expected) => {
  expect(isPrerelease(tag)).toBe(expected);
});

test.each([
  [{ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3' }, 'v1.2.3'],
  [{ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'cmd/v1.2.3' }, 'cmd/v1.2.3'],
  [{ GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.4' }, undefined],
  [{ GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'v1.2.3' }, undefined],
  [{}, undefined],
])('the tag to release v1.2.3 under, with %j: %s', (env, expected) => {
  expect(releaseTag(env, 'v1.2.3')).toBe(expected);
});
