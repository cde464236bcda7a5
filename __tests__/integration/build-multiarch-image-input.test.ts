import { copyFile, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildPrograms, describeImages, freshRepository, runImage, temporary } from './build-multiarch-image.ts';

const timeout = 120_000;
const release = 'slipway-out/release.json';

await describeImages('build-multiarch-image refuses', (lab, tools) => {
  const { host, url } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let programs: Awaited<ReturnType<typeof buildPrograms>>;
  beforeAll(async () => {
    folder = await temporary();
    programs = await buildPrograms(folder.path, tools.go);
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  /** A copy of the programs and their record, so that tests do not meet. */
  async function copy(name: string): Promise<string> {
    const path = join(folder.path, name);
    await cp(join(folder.path, 'slipway-out'), join(path, 'slipway-out'), { recursive: true });
    await writeFile(join(path, release), JSON.stringify(programs.record));
    return path;
  }

  describe('bad input is one error, and nothing is changed', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    test.each<[string, Record<string, string>, string, string]>([
      ['a reference without host', { images: 'acme/hello' }, 'INPUT_INVALID', 'ghcr.io/acme/hello'],
      ['a reference with a tag', { images: 'ghcr.io/acme/hello:v1' }, 'INPUT_INVALID', 'it has a tag'],
      ['a malformed reference', { images: 'ghcr.io/Acme//hello' }, 'INPUT_INVALID', 'not a part of a repository name'],
      ['no reference', { images: '' }, 'INPUT_INVALID', '"images" is missing'],
      ['a tag of 129 characters', { tags: 'x'.repeat(129) }, 'INPUT_INVALID', '129 characters'],
      ['a platform that is none', { platforms: 'linux/amd46' }, 'INPUT_INVALID', 'amd46'],
      ['a platform that was not built', { platforms: 'linux/s390x' }, 'PLATFORM_MISSING', 'linux/s390x'],
      ['a base without host', { base: 'alpine' }, 'INPUT_INVALID', 'docker.io/alpine'],
      ['a base that is not there', { base: `HOST/absent@${digest}` }, 'REGISTRY_NOT_FOUND', 'absent'],
      ['a password without user', { 'registry-password': 'hunter2hunter2' }, 'INPUT_INVALID', 'registry-username'],
      ['an unknown input', { image: 'x' }, 'INPUT_INVALID', 'did you mean "images"'],
      ['a port that is none', { ports: '70000' }, 'INPUT_INVALID', '70000'],
      ['an output that is none', { output: 'docker:x' }, 'INPUT_INVALID', 'oci-layout:PATH'],
    ])(
      '%s',
      async (name, inputs, code, said) => {
        const directory = await copy(`bad-${name.replaceAll(/\W/g, '-')}`);
        const before = await readFile(join(directory, release), 'utf8');
        const images = freshRepository(host);
        const given = Object.fromEntries(
          Object.entries(inputs).map(([key, value]) => [key, value.replace('HOST', host)]),
        );
        const done = await runImage(directory, { release, images, insecure: host, ...given });
        expect(done.code).toBe(1);
        const [line = ''] = done.log.split('\n').filter(text => text.startsWith('::error::'));
        expect(line).toContain(`[${code}]`);
        expect(line).toContain(said);
        expect(line).not.toContain('hunter2');
        expect(await readFile(join(directory, release), 'utf8')).toBe(before);
        expect(await readdir(directory)).not.toContain('layout');
        const path = images.slice(host.length + 1);
        expect((await fetch(`${url}/v2/${path}/tags/list`)).status).toBe(404);
      },
      timeout,
    );

    test.each<[string, (path: string) => Promise<void>, string]>([
      ['a text file instead of a program', path => writeFile(path, 'hello\n'), 'BINARY_UNKNOWN'],
      ['a program for another architecture', path => copyFile(path.replace('amd64', 'arm64'), path), 'BINARY_PLATFORM'],
      ['a program that changed after it was recorded', path => appendByte(path), 'BINARY_CHANGED'],
    ])(
      '%s',
      async (name, damage, code) => {
        const directory = await copy(`damaged-${name.replaceAll(/\W/g, '-')}`);
        await damage(join(directory, 'slipway-out', 'hello-linux-amd64'));
        const images = freshRepository(host);
        const done = await runImage(directory, { release, images, insecure: host });
        expect(done.code).toBe(1);
        expect(done.log).toContain(`[${code}]`);
        expect((await fetch(`${url}/v2/${images.slice(host.length + 1)}/tags/list`)).status).toBe(404);
      },
      timeout,
    );

    async function appendByte(path: string): Promise<void> {
      await writeFile(path, Buffer.concat([await readFile(path), Buffer.from([0])]));
    }
  });
});
