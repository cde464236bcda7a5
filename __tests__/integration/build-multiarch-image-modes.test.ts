import { spawn } from 'node:child_process';
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import {
  buildPrograms,
  describeImages,
  freshRepository,
  type Ran,
  runImage,
  temporary,
} from './build-multiarch-image.ts';
import { startProxy } from './registry-proxy.ts';

const timeout = 120_000;
const release = 'slipway-out/release.json';
const targets = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'];

await describeImages('build-multiarch-image in its modes', (lab, tools) => {
  const { host, url } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let programs: Awaited<ReturnType<typeof buildPrograms>>;
  beforeAll(async () => {
    folder = await temporary();
    programs = await buildPrograms(folder.path, tools.go, targets);
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  const crane = async (...argv: string[]) =>
    (await run([tools.crane, ...argv, '--insecure'], { timeout })).stdout.trim();
  /** Sorted; none where nothing but digests was pushed: then the registry does not know the repository by its name. */
  const tagsOf = async (images: string): Promise<string[]> => {
    const said = await crane('ls', images).catch((error: Error) => error.message);
    return said.includes('NAME_UNKNOWN') ? [] : said.split('\n').sort();
  };
  const act = (directory: string, inputs: Record<string, string>, options: Parameters<typeof runImage>[2] = {}) =>
    runImage(directory, { insecure: host, ...inputs }, options);
  const readRecord = async (file: string) => parseRecord(await readFile(file, 'utf8'), file);

  /** A job's folder with the programs and the record of some of the targets, as a matrix job of the build leaves it. */
  async function job(name: string, wanted = targets, change: Partial<ReleaseRecord> = {}): Promise<string> {
    const path = join(folder.path, name);
    await mkdir(join(path, 'slipway-out'), { recursive: true });
    const binaries = programs.record.binaries.filter(one => wanted.includes(one.target));
    for (const one of binaries)
      await copyFile(join(folder.path, 'slipway-out', one.path), join(path, 'slipway-out', one.path));
    await writeFile(join(path, release), JSON.stringify({ ...programs.record, binaries, ...change }));
    return path;
  }

  /** A job a platform pushes its part; their records are gathered as `release-N.json` of another folder. */
  async function parts(name: string, images: string, wanted = targets): Promise<{ ran: Ran[]; gathered: string }> {
    const gathered = join(folder.path, name);
    await mkdir(join(gathered, 'slipway-out'), { recursive: true });
    const ran: Ran[] = [];
    for (const [index, target] of wanted.entries()) {
      const directory = await job(`${name}-${index}`, [target]);
      ran.push(await act(directory, { mode: 'build', release, images }));
      await cp(join(directory, release), join(gathered, `slipway-out/release-${index}.json`));
    }
    return { ran, gathered };
  }
  const records = 'slipway-out/release-*.json';

  describe('a job a platform, then a merge', () => {
    let images: string;
    let ran: Ran[];
    let gathered: string;
    let merged: Ran;
    let tagsBefore: string[];
    beforeAll(async () => {
      images = freshRepository(host);
      ({ ran, gathered } = await parts('matrix', images));
      tagsBefore = await tagsOf(images);
      merged = await act(gathered, { mode: 'merge', release: records, tags: 'v1.2.3\nlatest' });
    }, timeout);

    test('the jobs push by digest and write no tag', () => {
      expect(ran.map(one => [one.code, one.outputs['tags']])).toEqual(targets.map(() => [0, '']));
      for (const { outputs } of ran) {
        expect(outputs['image']).toBe(`${images}@${outputs['digest']}`);
        expect(JSON.parse(outputs['metadata']!)).toMatchObject({ 'image.name': images });
      }
      expect(tagsBefore).toEqual([]);
      expect(ran[0]!.summary).toContain('### Part of the image hello v1.2.3');
    });

    test(
      'the merge is the very image that one job makes of all platforms, and needs no input again',
      async () => {
        expect([merged.code, merged.log.includes('::error')]).toEqual([0, false]);
        const whole = await act(await job('whole'), { release, push: 'false', output: 'oci-layout:layout' });
        expect(merged.outputs['digest']).toBe(whole.outputs['digest']);
        expect(merged.outputs['tags']!.split('\n')).toEqual([`${images}:v1.2.3`, `${images}:latest`]);
        expect(merged.outputs['image']).toBe(`${images}@${merged.outputs['digest']}`);
      },
      timeout,
    );

    test(
      'crane and skopeo read it',
      async () => {
        for (const tag of ['v1.2.3', 'latest']) await crane('validate', '--remote', `${images}:${tag}`);
        const argv = [tools.skopeo, 'inspect', '--raw', '--tls-verify=false', `docker://${images}:latest`] as const;
        const { stdout } = await run(argv, { timeout });
        expect(`sha256:${sha256(stdout)}`).toBe(merged.outputs['digest']);
        const { manifests } = JSON.parse(stdout) as { manifests: { platform: { architecture: string } }[] };
        expect(manifests.map(one => one.platform.architecture)).toEqual(['amd64', 'arm', 'arm64']);
        expect(await tagsOf(images)).toEqual(['latest', 'v1.2.3']);
      },
      timeout,
    );

    test('the record has one image with all platforms, and no parts', async () => {
      expect(merged.outputs['release']).toBe(join(gathered, release));
      const record = await readRecord(join(gathered, release));
      expect(record.binaries).toHaveLength(3);
      expect(record.images).toHaveLength(1);
      expect(record.images[0]).toMatchObject({ digest: merged.outputs['digest'], repositories: [images] });
      expect(record.images[0]).not.toHaveProperty('part');
      for (const { platform, binaries } of record.images[0]!.platforms)
        expect(binaries).toEqual([programs.record.binaries.find(one => one.target === platform)!.sha256]);
    });

    test(
      'merged again, with the merged record beside the parts and into a layout, it is the same',
      async () => {
        const inputs = {
          mode: 'merge',
          release: 'slipway-out/release*.json',
          push: 'false',
          output: 'oci-layout:layout',
        };
        const again = await act(gathered, inputs);
        expect(again.log).not.toContain('::error');
        expect([again.code, again.outputs['digest']]).toEqual([0, merged.outputs['digest']]);
        const from = `oci:${join(gathered, 'layout')}:v1.2.3`;
        const { stdout } = await run([tools.skopeo, 'inspect', '--raw', from], { timeout });
        expect(`sha256:${sha256(stdout)}`).toBe(merged.outputs['digest']);
        const { images: recorded } = await readRecord(join(gathered, release));
        expect(recorded.map(one => one.tags)).toEqual([['v1.2.3', 'latest']]);
      },
      timeout,
    );

    test(
      'a merge into another repository mounts; nothing is uploaded or downloaded',
      async () => {
        await using proxy = await startProxy(url);
        const there = freshRepository(proxy.host);
        const changed = join(folder.path, 'through-proxy');
        await cp(join(gathered, 'slipway-out'), join(changed, 'slipway-out'), { recursive: true });
        for (const file of await readdir(join(changed, 'slipway-out'))) {
          const path = join(changed, 'slipway-out', file);
          await writeFile(path, (await readFile(path, 'utf8')).replaceAll(`"${host}/`, `"${proxy.host}/`));
        }
        const done = await act(changed, { mode: 'merge', release: records, images: there });
        expect([done.code, done.outputs['digest']]).toEqual([0, merged.outputs['digest']]);
        const kinds = proxy.asked.map(one => one.kind);
        expect(kinds).toContain('post-upload');
        expect(kinds.filter(kind => kind === 'put-upload' || kind === 'get-blob')).toEqual([]);
      },
      timeout,
    );
  });

  test(
    'a merge refuses what is not whole, and writes no tag',
    async () => {
      const images = freshRepository(host);
      const { gathered } = await parts('refused', images, ['linux/amd64']);
      const missing = await act(gathered, {
        mode: 'merge',
        release: records,
        platforms: 'linux/amd64,linux/arm64',
      });
      expect([missing.code, missing.log]).toEqual([
        1,
        expect.stringContaining('no record has an image for linux/arm64'),
      ]);
      const other = await job('refused-other', ['linux/amd64']);
      await act(other, { mode: 'build', release, images, labels: 'flavour=other' });
      await cp(join(other, release), join(gathered, 'slipway-out/release-other.json'));
      const twice = await act(gathered, { mode: 'merge', release: records });
      expect([twice.code, twice.log]).toEqual([
        1,
        expect.stringMatching(/linux\/amd64 was built more than once: sha256/),
      ]);
      const none = await act(await job('refused-none'), { mode: 'merge', release });
      expect([none.code, none.log]).toEqual([1, expect.stringContaining('no record names a part of an image')]);
      const unpushed = await act(other, { mode: 'build', release, push: 'false', output: 'oci-layout:x' });
      expect([unpushed.code, unpushed.log]).toEqual([1, expect.stringContaining('input "push" is false')]);
      expect(await tagsOf(images)).toEqual([]);
    },
    timeout,
  );

  test(
    'a job that builds its part again with other inputs replaces it',
    async () => {
      const images = freshRepository(host);
      const directory = await job('again', ['linux/amd64']);
      await act(directory, { mode: 'build', release, images });
      const second = await act(directory, { mode: 'build', release, images, labels: 'flavour=other' });
      const { images: recorded } = await readRecord(join(directory, release));
      expect(recorded.map(one => [one.digest, one.part])).toEqual([[second.outputs['digest'], true]]);
    },
    timeout,
  );

  describe('retag', () => {
    let staging: string;
    let built: Ran;
    let directory: string;
    beforeAll(async () => {
      staging = freshRepository(host);
      directory = await job('promoted');
      built = await act(directory, { release, images: staging, tags: 'candidate' });
    }, timeout);

    test(
      'into another repository of the registry: blobs are mounted, none is read',
      async () => {
        await using proxy = await startProxy(url);
        const production = freshRepository(proxy.host);
        const source = `${proxy.host}${staging.slice(host.length)}:candidate`;
        const done = await act(directory, {
          mode: 'retag',
          release,
          source,
          images: production,
          tags: 'v1.2.3\nlatest',
        });
        expect([done.code, done.outputs['digest']]).toEqual([0, built.outputs['digest']]);
        const kinds = proxy.asked.map(one => one.kind);
        expect(kinds.filter(kind => kind === 'put-upload' || kind === 'get-blob')).toEqual([]);
        expect(kinds.lastIndexOf('put-manifest')).toBeLessThan(kinds.indexOf('put-tag'));
        const real = `${host}${production.slice(proxy.host.length)}`;
        expect(await crane('digest', `${real}:latest`)).toBe(built.outputs['digest']);
        await crane('validate', '--remote', `${real}:v1.2.3`);
        const { images } = await readRecord(join(directory, release));
        expect(images).toHaveLength(1);
        expect(images[0]!.tags).toEqual(['candidate', 'v1.2.3', 'latest']);
        expect(images[0]!.repositories).toEqual([staging, production]);
      },
      timeout,
    );

    test(
      'into another registry: streamed, with no file on the disk that could hold a layer',
      async () => {
        await using other = await startRegistry(tools.crane);
        const images = `${other.host}/production/hello`;
        const inputs = { mode: 'retag', release, source: `${staging}@${built.outputs['digest']}`, images };
        const prlimit = (await run(['which', 'prlimit'], { timeout })).stdout.trim();
        // The kernel refuses to write a file that is larger than 64 KiB: a layer would be.
        const done = await act(directory, inputs, { under: [prlimit, `--fsize=${64 * 1024}`, '--core=0'] });
        expect([done.code, done.outputs['tags']]).toEqual([0, `${images}:v1.2.3`]);
        await crane('validate', '--remote', `${images}:v1.2.3`);
        expect(await crane('digest', `${images}:v1.2.3`)).toBe(built.outputs['digest']);
        expect(done.summary).toMatch(/\| linux\/arm64 \|.* kB \| 0 B \| 0 B \|/);
      },
      timeout,
    );

    test(
      'in place, by the record alone',
      async () => {
        const own = await job('in-place', ['linux/amd64']);
        const images = freshRepository(host);
        const first = await act(own, { release, images, tags: 'candidate' });
        const done = await act(own, { mode: 'retag', release, tags: 'v1.2.3' });
        expect([done.code, done.outputs['image']]).toEqual([0, first.outputs['image']]);
        expect(await tagsOf(images)).toEqual(['candidate', 'v1.2.3']);
      },
      timeout,
    );

    test(
      'what the record does not name is refused: a tag that was moved, another digest, no record',
      async () => {
        const own = await job('moved', ['linux/amd64']);
        const [images, production] = [freshRepository(host), freshRepository(host)];
        await act(own, { release, images, tags: 'candidate' });
        const foreign = await job('foreign', ['linux/arm64']);
        await act(foreign, { release, images, tags: 'candidate' });
        const inputs = { mode: 'retag', release, images: production };
        const moved = await act(own, { ...inputs, source: `${images}:candidate` });
        expect([moved.code, moved.log]).toEqual([
          1,
          expect.stringMatching(/:candidate is sha256:\w+: not of this record/),
        ]);
        const digest = `sha256:${'0'.repeat(64)}`;
        const unknown = await act(own, { ...inputs, source: `${images}@${digest}` });
        expect([unknown.code, unknown.log]).toEqual([1, expect.stringContaining('IMAGE_NOT_RECORDED')]);
        const { release: _, ...without } = inputs;
        const blind = await act(own, { ...without, source: `${images}:candidate` });
        expect([blind.code, blind.log]).toEqual([1, expect.stringContaining('mode: retag needs the record')]);
        expect(await tagsOf(production)).toEqual([]);
      },
      timeout,
    );

    test(
      'an immutable tag of production stays',
      async () => {
        const own = await job('fixed', ['linux/amd64']);
        const images = freshRepository(host);
        const fixed = { 'immutable-tags': 'v*', images, release };
        const first = await act(own, { ...fixed, tags: 'v1.2.3' });
        const next = await act(await job('fixed-next', ['linux/arm64']), { release, images, tags: 'candidate' });
        const done = await act(join(folder.path, 'fixed-next'), { ...fixed, mode: 'retag', tags: 'v1.2.3' });
        expect([next.code, done.code, done.log]).toEqual([0, 1, expect.stringContaining('TAG_IMMUTABLE')]);
        expect(await crane('digest', `${images}:v1.2.3`)).toBe(first.outputs['digest']);
      },
      timeout,
    );
  });

  test(
    'plan says what would be pushed, and writes nothing: not to a registry, not to the record',
    async () => {
      await using proxy = await startProxy(url);
      const images = freshRepository(proxy.host);
      const directory = await job('planned');
      const before = await readFile(join(directory, release), 'utf8');
      const inputs = { release, images, tags: 'v1.2.3\nlatest', output: 'oci-layout:layout' };
      const planned = await act(directory, { ...inputs, mode: 'plan' });
      expect(planned.code).toBe(0);
      expect(new Set(proxy.asked.map(one => one.method))).toEqual(new Set(['GET', 'HEAD']));
      expect(await readFile(join(directory, release), 'utf8')).toBe(before);
      expect((await readdir(directory)).filter(name => !name.startsWith('runner-'))).toEqual(['slipway-out']);
      expect(planned.log).toMatch(/linux\/arm\/v7: configuration sha256:.*\n {2}layer sha256:/);
      expect(planned.log).toMatch(/would upload [\d.]+ MB, mount 0 B, has 0 B/);
      expect(planned.log).toContain(':v1.2.3 would be ');
      expect(planned.summary).toContain('### Plan of the image hello v1.2.3');
      expect(planned.summary).not.toContain('docker pull');

      const real = await act(directory, inputs);
      expect(real.outputs['digest']).toBe(planned.outputs['digest']);
      expect(real.outputs['tags']).toBe(planned.outputs['tags']);
      const uploaded = /would upload ([\d.]+ MB)/.exec(planned.log)![1];
      expect(real.summary).toContain(`| \`v1.2.3\` \`latest\` | ${uploaded} | 0 B | 0 B |`);
      const again = await act(directory, { ...inputs, mode: 'plan' });
      expect(again.log).toMatch(/would upload 0 B, mount 0 B, has [\d.]+ MB/);
      expect(again.log).toContain('(it stays)');
    },
    timeout,
  );

  test(
    'plan resolves the base, and knows what is mounted from it',
    async () => {
      const [base, images] = [freshRepository(host), freshRepository(host)];
      const below = await act(await job('below', ['linux/amd64']), { release, images: base, tags: 'v1' });
      const inputs = { release, images, base: `${base}:v1`, mode: 'plan' };
      const { log, summary } = await act(await job('above', ['linux/amd64']), inputs);
      expect(log).toContain(`base: ${base}:v1 is ${below.outputs['digest']}`);
      expect(log).toMatch(/would upload [\d.]+ kB, mount [\d.]+ kB, has 0 B/);
      expect(summary).toContain(`on the base ${base}:v1 \`${below.outputs['digest']}\``);
      expect(await tagsOf(images)).toEqual([]);
    },
    timeout,
  );

  test(
    'the summary compares with the release before',
    async () => {
      const images = freshRepository(host);
      await act(await job('before', ['linux/amd64'], { version: 'v1.2.2' }), { release, images });
      const previous = { 'previous-release': join(folder.path, 'before', release) };
      const { summary } = await act(await job('after', targets), { release, images, ...previous });
      expect(summary).toContain('#### Sizes against v1.2.2');
      expect(summary).toMatch(/\| linux\/amd64 \| [\d.]+ kB \| [\d.]+ kB \| (the same|[+−]\d+ B .*) \|/);
      expect(summary).toMatch(/\| linux\/arm64 \| {2}\| [\d.]+ kB \| new \|/);
      expect(summary).toContain('xychart-beta');
      expect(summary).toMatch(/\| linux\/amd64 \| [\d.]+ kB \| [\d.]+ kB \+ [\d.]+ kB \| 2 \|/);
    },
    timeout,
  );
});

/** A registry by other people than the lab's, in memory, with nothing in it. */
async function startRegistry(crane: string): Promise<{ host: string } & AsyncDisposable> {
  const child = spawn(crane, ['registry', 'serve', '--address=127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise(resolve => child.once('close', resolve));
  const port = await new Promise<string>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', line => {
        const found = /port (\d+)/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
    child.once('close', () => reject(new Error('the registry ended')));
    setTimeout(() => reject(new Error('the registry does not start')), 20_000).unref();
  });
  return {
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
