import { chmod, copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assemble } from '../../src/build-multiarch-image/assemble.ts';
import { definition } from '../../src/build-multiarch-image/inputs.ts';
import { byPlatform, fromRecord } from '../../src/build-multiarch-image/select.ts';
import { sha256, sha256File } from '../../src/core/files.ts';
import { readInputs } from '../../src/core/inputs.ts';
import { run } from '../../src/core/process.ts';
import { loadRecords } from '../../src/core/record/files.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
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

await describeImages('build-multiarch-image', (lab, tools) => {
  const { host, url } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let programs: Awaited<ReturnType<typeof buildPrograms>>;
  beforeAll(async () => {
    folder = await temporary();
    programs = await buildPrograms(folder.path, tools.go);
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  const crane = async (...argv: string[]) => (await run([tools.crane, ...argv, '--insecure'], { timeout })).stdout;
  const release = 'slipway-out/release.json';

  /** A copy of the programs and their record, so that tests do not meet. */
  async function copy(name: string): Promise<string> {
    const path = join(folder.path, name);
    await cp(join(folder.path, 'slipway-out'), join(path, 'slipway-out'), { recursive: true });
    await writeFile(join(path, release), JSON.stringify(programs.record));
    return path;
  }

  describe('a push of three platforms', () => {
    let first: Ran;
    let second: Ran;
    let repository: string;
    let asked: { kind: string; sent: number }[][];
    let directory: string;
    beforeAll(async () => {
      directory = await copy('push');
      await using proxy = await startProxy(url);
      const path = freshRepository(proxy.host).slice(proxy.host.length);
      repository = `${host}${path}`;
      const inputs = { release, images: `${proxy.host}${path}`, tags: 'v1.2.3\nlatest' };
      first = await runImage(directory, inputs);
      const begun = proxy.asked.length;
      second = await runImage(directory, inputs);
      asked = [proxy.asked.slice(0, begun), proxy.asked.slice(begun)];
    }, timeout);

    test('succeeds and says what it made', () => {
      expect(first.log).not.toContain('::error');
      expect(first.code).toBe(0);
      const { digest, image, tags, metadata } = first.outputs;
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(image).toMatch(new RegExp(`@${digest}$`));
      expect(tags!.split('\n').map(tag => tag.split(':').at(-1))).toEqual(['v1.2.3', 'latest']);
      expect(JSON.parse(metadata!)).toMatchObject({
        'containerimage.digest': digest,
        'image.name': tags!.replace('\n', ','),
      });
    });

    test(
      'crane validates every layer of what is in the registry',
      async () => {
        for (const tag of ['v1.2.3', 'latest']) await crane('validate', '--remote', `${repository}:${tag}`);
      },
      timeout,
    );

    test(
      'skopeo reads the same bytes, whose sha256 is the digest',
      async () => {
        const { stdout } = await run(
          [tools.skopeo, 'inspect', '--raw', '--tls-verify=false', `docker://${repository}:latest`],
          { timeout },
        );
        expect(`sha256:${sha256(stdout)}`).toBe(first.outputs['digest']);
        const { manifests } = JSON.parse(stdout) as { manifests: { platform: object }[] };
        expect(manifests.map(one => one.platform)).toEqual([
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm', variant: 'v7' },
          { os: 'linux', architecture: 'arm64' },
        ]);
      },
      timeout,
    );

    test(
      'each platform holds its own binary, which is what the record says, and runs',
      async () => {
        for (const { target, sha256: recorded } of programs.record.binaries) {
          const root = join(folder.path, `root-${target.replaceAll('/', '-')}`);
          await mkdir(root);
          await crane('export', '--platform', target, `${repository}:latest`, `${root}.tar`);
          await run(['tar', '-xf', `${root}.tar`, '-C', root], { timeout });
          expect(await sha256File(join(root, 'usr/local/bin/hello'))).toBe(recorded);
        }
        const amd64 = join(folder.path, 'root-linux-amd64');
        if (process.arch === 'x64') {
          const { stdout } = await run([join(amd64, 'usr/local/bin/hello')], { timeout });
          expect(stdout).toBe('hello from the image\n');
        }
        expect(await readFile(join(amd64, 'etc/ssl/certs/ca-certificates.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
        expect(await readFile(join(amd64, 'etc/passwd'), 'utf8')).toContain('nonroot:x:65532:65532:');
        const { stdout: list } = await run(['tar', '-tvf', `${amd64}.tar`], { timeout });
        expect(list).toMatch(/^drwxrwxrwt 0\/0 .* tmp$/m);
      },
      timeout,
    );

    test(
      'the configuration is what a container of a Go program wants',
      async () => {
        const config = JSON.parse(await crane('config', '--platform', 'linux/arm/v7', `${repository}:latest`));
        expect(config).toMatchObject({
          architecture: 'arm',
          variant: 'v7',
          os: 'linux',
          created: '2026-01-02T03:04:05Z',
          config: { User: '65532', Entrypoint: ['/usr/local/bin/hello'], WorkingDir: '/' },
        });
        expect(config.config.Labels).toMatchObject({
          'org.opencontainers.image.version': 'v1.2.3',
          'org.opencontainers.image.revision': programs.record.commit,
        });
      },
      timeout,
    );

    test(
      'the record names the image, its platforms and their binaries',
      async () => {
        const record = parseRecord(await readFile(join(directory, release), 'utf8'), release);
        expect(record.images).toHaveLength(1);
        const [image] = record.images;
        expect(image).toMatchObject({ digest: first.outputs['digest'], tags: ['v1.2.3', 'latest'], attestations: [] });
        const index = JSON.parse(await crane('manifest', `${repository}:latest`)) as {
          manifests: { digest: string }[];
        };
        expect(image!.platforms.map(one => one.digest)).toEqual(index.manifests.map(one => one.digest));
        for (const one of image!.platforms) {
          const manifest = JSON.parse(await crane('manifest', `${repository}@${one.digest}`));
          const sizes = [manifest.config, ...manifest.layers].map((blob: { size: number }) => blob.size);
          expect([one.config, one.size]).toEqual([manifest.config.digest, sizes.reduce((a, b) => a + b)]);
          const built = programs.record.binaries.find(binary => binary.target === one.platform);
          expect(one.binaries).toEqual([built!.sha256]);
        }
      },
      timeout,
    );

    test('the second push gives the same digest and uploads nothing', () => {
      expect(second.code).toBe(0);
      expect(second.outputs).toEqual(first.outputs);
      const uploads = (all: { kind: string; sent: number }[]) => all.filter(one => one.kind === 'put-upload');
      expect(uploads(asked[0]!).length).toBe(7);
      // Whose latest is, the index, the tags: three round trips, and nothing is written at all.
      expect(asked[1]!.map(one => one.kind)).toEqual(['list-tags', 'head-manifest', 'head-tag', 'head-tag']);
      expect(second.summary).toMatch(/\| 0 B \| 0 B \| [\d.]+ MB \|/);
    });

    test('the tags are written last', () => {
      const kinds = asked[0]!.map(one => one.kind);
      const tag = kinds.indexOf('put-tag');
      expect(kinds.slice(tag).filter(kind => kind !== 'put-tag')).toEqual([]);
    });

    test('the summary shows platforms, bytes, time and commands', () => {
      for (const part of ['linux/arm/v7', 'gantt', `docker pull ${first.outputs['image']}`, 'skopeo inspect --raw']) {
        expect(first.summary).toContain(part);
      }
    });
  });

  describe('the same inputs give the same digest', () => {
    const inputs = { release, push: 'false', output: 'oci-layout:layout' };
    const digestOf = async (name: string, options: Parameters<typeof runImage>[2] = {}) => {
      const done = await runImage(await copy(name), inputs, options);
      expect(done.code).toBe(0);
      return done.outputs['digest'];
    };

    test(
      'in another time zone, language and umask, with other modes and names on the disk',
      async () => {
        const plain = await digestOf('plain');
        expect(plain).toMatch(/^sha256:/);
        expect(await digestOf('zone', { env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8' }, umask: '077' })).toBe(
          plain,
        );
        const other = await copy('modes');
        const { binaries } = programs.record;
        for (const [index, binary] of binaries.entries()) {
          await copyFile(join(other, 'slipway-out', binary.path), join(other, `renamed-${index}`));
          await chmod(join(other, `renamed-${index}`), 0o600);
        }
        const renamed = binaries.map((binary, index) => ({ ...binary, path: `../renamed-${index}` })).reverse();
        await writeFile(join(other, release), JSON.stringify({ ...programs.record, binaries: renamed }));
        expect((await runImage(other, inputs)).outputs['digest']).toBe(plain);
      },
      timeout,
    );

    test(
      'twenty times in a row',
      async () => {
        const directory = await copy('twenty');
        const { outputs } = await runImage(directory, inputs);
        const { record } = (await loadRecords([release], directory))!;
        const platforms = byPlatform(await fromRecord(record), []);
        using client = new RegistryClient({ credentials: [], insecure: false });
        const digests = new Set([outputs['digest']]);
        for (let time = 0; time < 20; time++) {
          const own = join(directory, `layers-${time}`);
          await mkdir(own);
          const graph = await assemble({
            inputs: { ...given, base: { kind: 'scratch' } },
            record,
            platforms,
            seconds: Date.parse(record.commitTime!) / 1000,
            folder: own,
            directory,
            client,
            spans: [],
            signal: new AbortController().signal,
          });
          digests.add(graph.descriptor.digest);
        }
        expect([...digests]).toEqual([outputs['digest']]);
      },
      timeout,
    );
    const given = readInputs(definition.inputs, {});

    test(
      'the layout holds the same image, for skopeo too',
      async () => {
        const directory = await copy('layout');
        const { outputs } = await runImage(directory, inputs);
        const { stdout } = await run([tools.skopeo, 'inspect', '--raw', `oci:${join(directory, 'layout')}:v1.2.3`], {
          timeout,
        });
        expect(`sha256:${sha256(stdout)}`).toBe(outputs['digest']);
        expect(outputs).toMatchObject({ image: '', tags: '' });
        await run([tools.crane, 'validate', '--tarball', await craneTarball(directory)], { timeout });
      },
      timeout,
    );

    async function craneTarball(directory: string): Promise<string> {
      const tar = join(directory, 'image.tar');
      const from = `oci:${join(directory, 'layout')}:v1.2.3`;
      await run([tools.skopeo, 'copy', '--override-arch', 'amd64', from, `docker-archive:${tar}:x/y:1`], { timeout });
      return tar;
    }
  });

  test(
    'binaries by a template, without a record: the record is made',
    async () => {
      const directory = await copy('template');
      await run(['rm', join(directory, release)], { timeout });
      const images = freshRepository(host);
      const { code, log, outputs } = await runImage(directory, {
        binaries: 'slipway-out/{name}-{os}-{arch}{variant}',
        platforms: 'linux/arm64',
        images,
        insecure: host,
        tags: 'type=raw,value=x',
      });
      expect([code, log.includes('::error')]).toEqual([0, false]);
      expect(await crane('config', '--platform', 'linux/arm64', `${images}:x`)).toContain('"architecture":"arm64"');
      const record = parseRecord(await readFile(outputs['release']!, 'utf8'), release);
      expect(record.binaries.map(one => one.target).sort()).toEqual(['linux/arm64']);
      expect(record).toMatchObject({ name: 'template', images: [{ tags: ['x'] }] });
    },
    timeout,
  );
});
