import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { buildPrograms, describeImages, freshRepository, runImage, temporary } from './build-multiarch-image.ts';

const timeout = 60_000;

await describeImages('build-multiarch-image and the tags of a registry', (lab, tools) => {
  const { host } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let programs: Awaited<ReturnType<typeof buildPrograms>>;
  beforeAll(async () => {
    folder = await temporary();
    programs = await buildPrograms(folder.path, tools.go, ['linux/amd64']);
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  /** Releases a version; a version of its own makes an image of its own (its label). */
  async function release(version: string, inputs: Record<string, string>, env: Record<string, string> = {}) {
    const record = { ...programs.record, version };
    const file = join(folder.path, 'slipway-out', `release-${version}.json`);
    await mkdir(join(folder.path, 'slipway-out'), { recursive: true });
    await writeFile(file, JSON.stringify(record));
    const done = await runImage(folder.path, { release: file, insecure: host, ...inputs }, { env });
    return done;
  }
  const digestOf = async (reference: string) =>
    (await run([tools.crane, 'digest', reference, '--insecure'], { timeout: 30_000 })).stdout.trim();
  const tagsOf = async (images: string) =>
    (await run([tools.crane, 'ls', images, '--insecure'], { timeout: 30_000 })).stdout.trim().split('\n').sort();

  test(
    'latest only moves to the highest stable version',
    async () => {
      const images = freshRepository(host);
      const tags = 'type=semver,pattern=v{{version}}\ntype=semver,pattern=v{{major}}\nlatest';
      const two = await release('v2.0.0', { images, tags });
      expect(two.outputs['tags']!.split('\n').map(tag => tag.split(':').at(-1))).toEqual(['v2.0.0', 'v2', 'latest']);
      const patch = await release('v1.9.1', { images, tags });
      expect(patch.code).toBe(0);
      expect(patch.outputs['tags']!.split('\n').map(tag => tag.split(':').at(-1))).toEqual(['v1.9.1', 'v1']);
      expect(patch.log).toContain('latest stays with v2.0.0: v1.9.1 is not the highest stable version there');
      await release('v3.0.0-rc.1', { images, tags });
      expect(await digestOf(`${images}:latest`)).toBe(two.outputs['digest']);
      const next = await release('v2.0.1', { images, tags });
      expect(await digestOf(`${images}:latest`)).toBe(next.outputs['digest']);
      expect(await tagsOf(images)).toEqual(['3.0.0-rc.1', 'latest', 'v1', 'v1.9.1', 'v2', 'v2.0.0', 'v2.0.1']);
      const any = await release('v1.9.2', { images, tags, latest: 'any' });
      expect(await digestOf(`${images}:latest`)).toBe(any.outputs['digest']);
    },
    timeout,
  );

  test(
    'an immutable tag never gets another digest',
    async () => {
      const images = freshRepository(host);
      const inputs = { images, tags: 'type=semver,pattern=v{{version}}\nedge', 'immutable-tags': 'v*' };
      const first = await release('v1.0.0', inputs);
      expect(first.code).toBe(0);
      expect((await release('v1.0.0', inputs)).code).toBe(0);
      const other = await release('v1.0.0', { ...inputs, labels: 'flavour=other' });
      expect(other.code).toBe(1);
      expect(other.log).toMatch(/::error::.*v1\.0\.0 is sha256:\w+ and may not become sha256:\w+.*\[TAG_IMMUTABLE\]/s);
      for (const tag of ['v1.0.0', 'edge']) expect(await digestOf(`${images}:${tag}`)).toBe(first.outputs['digest']);
    },
    timeout,
  );

  test(
    'the event of the run fills the rules',
    async () => {
      const images = freshRepository(host);
      const event = join(folder.path, 'event.json');
      await writeFile(event, JSON.stringify({ repository: { default_branch: 'main' } }));
      const tags = 'type=edge\ntype=ref,event=branch\ntype=raw,value=stable,enable={{is_default_branch}}\ntype=sha';
      const env = { GITHUB_EVENT_PATH: event, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' };
      await release('v1.0.0', { images, tags, flavor: 'suffix=-slim' }, env);
      expect(await tagsOf(images)).toEqual(['edge-slim', 'main-slim', 'sha-0123456-slim', 'stable-slim']);
    },
    timeout,
  );
});
