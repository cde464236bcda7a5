import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import {
  buildPrograms,
  describeImages,
  freshRepository,
  runImage,
  temporary,
} from '../integration/build-multiarch-image.ts';
import { startProxy } from '../integration/registry-proxy.ts';

const timeout = 120_000;
const release = 'slipway-out/release.json';

interface Base {
  /** `HOST/PATH`, in the registry itself. */
  readonly repository: string;
  readonly digest: string;
  /** Digest of each platform's only layer. */
  readonly layers: Readonly<Record<string, string>>;
}

await describeImages('an image on a base', (lab, tools) => {
  const { host, url } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let base: Base;
  beforeAll(async () => {
    folder = await temporary();
    await buildPrograms(folder.path, tools.go);
    base = await makeBase();
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  const crane = async (...argv: string[]) =>
    (await run([tools.crane, ...argv, '--insecure'], { timeout })).stdout.trim();
  const json = async (...argv: string[]) => JSON.parse(await crane(...argv));

  /** A base that crane makes: Docker's media types, a layer for each of amd64, arm64 and arm/v6, a command and a user. */
  async function makeBase(): Promise<Base> {
    const repository = freshRepository(host);
    const layers: Record<string, string> = {};
    const parts: string[] = [];
    for (const platform of ['linux/amd64', 'linux/arm64', 'linux/arm/v6']) {
      const name = platform.replaceAll('/', '-');
      await mkdir(join(folder.path, name));
      await writeFile(join(folder.path, name, 'base-file'), `base of ${platform} ${Math.random()}`);
      const tar = join(folder.path, `${name}.tar`);
      await run(['tar', '-cf', tar, '-C', join(folder.path, name), 'base-file'], { timeout });
      await crane('append', '-f', tar, '-t', `${repository}:${name}`);
      const settings = ['--cmd', '/bin/base', '-e', 'BASE=yes', '-e', 'PATH=/base', '-u', 'root', '-w', '/srv'];
      await crane(
        'mutate',
        `${repository}:${name}`,
        '--set-platform',
        platform,
        ...settings,
        '-t',
        `${repository}:${name}`,
      );
      layers[platform] = (await json('manifest', `${repository}:${name}`)).layers[0].digest;
      parts.push('-m', `${repository}:${name}`);
    }
    await crane('index', 'append', ...parts, '-t', `${repository}:1`);
    return { repository, digest: await crane('digest', `${repository}:1`), layers };
  }

  test(
    'of the same registry: its layers are mounted, its settings kept, its media types made OCI',
    async () => {
      await using proxy = await startProxy(url);
      const path = freshRepository(host).slice(host.length);
      const from = base.repository.replace(host, proxy.host);
      const done = await runImage(folder.path, {
        release,
        images: `${proxy.host}${path}`,
        base: `${from}:1@${base.digest}`,
      });
      expect([done.code, done.log.includes('::error')]).toEqual([0, false]);
      const image = `${host}${path}@${done.outputs['digest']}`;
      await crane('validate', '--remote', image);
      const uploaded = proxy.asked
        .filter(one => one.kind === 'put-upload')
        .map(one => new URL(one.path, url).searchParams.get('digest'));
      expect(uploaded).toHaveLength(6); // a program and a configuration for each of three platforms
      for (const digest of Object.values(base.layers)) expect(uploaded).not.toContain(digest);
      expect(proxy.asked.filter(one => one.kind === 'get-blob')).toHaveLength(3); // configurations only
      const manifest = await json('manifest', '--platform', 'linux/arm64', image);
      expect(manifest.layers[0]).toMatchObject({
        digest: base.layers['linux/arm64'],
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      });
      expect(manifest.annotations).toMatchObject({
        'org.opencontainers.image.base.name': `${from}:1`,
        'org.opencontainers.image.base.digest': base.digest,
      });
      const { config } = await json('config', '--platform', 'linux/arm64', image);
      expect(config).toMatchObject({ User: '65532', Entrypoint: ['/usr/local/bin/hello'], WorkingDir: '/srv' });
      expect(config.Env).toEqual(expect.arrayContaining(['BASE=yes', 'PATH=/base']));
      expect(config.Cmd ?? []).toEqual([]);
    },
    timeout,
  );

  test(
    'arm/v7 stands on arm/v6, which its processor also runs',
    async () => {
      const images = freshRepository(host);
      const inputs = { release, images, insecure: host, base: `${base.repository}:1`, platforms: 'linux/arm/v7' };
      const done = await runImage(folder.path, inputs);
      expect(done.code).toBe(0);
      const manifest = await json('manifest', '--platform', 'linux/arm/v7', `${images}:v1.2.3`);
      expect(manifest.layers[0].digest).toBe(base.layers['linux/arm/v6']);
    },
    timeout,
  );

  test(
    'of another registry: its layers are fetched, checked and uploaded',
    async () => {
      // The same registry under another name is another registry: nothing can be mounted.
      await using proxy = await startProxy(url);
      const images = freshRepository(host);
      const from = base.repository.replace(host, proxy.host);
      const done = await runImage(folder.path, { release, images, insecure: host, base: `${from}@${base.digest}` });
      expect([done.code, done.log.includes('::error')]).toEqual([0, false]);
      await crane('validate', '--remote', `${images}:v1.2.3`);
      expect(proxy.asked.filter(one => one.kind === 'get-blob')).toHaveLength(6);
    },
    timeout,
  );

  test(
    'of an OCI layout that skopeo wrote gives the same image',
    async () => {
      const layout = join(folder.path, 'base-layout');
      const source = `docker://${base.repository}@${base.digest}`;
      await run([tools.skopeo, 'copy', '--all', '--src-tls-verify=false', source, `oci:${layout}:1`], { timeout });
      const images = freshRepository(host);
      const done = await runImage(folder.path, { release, images, insecure: host, base: 'oci-layout:base-layout:1' });
      expect([done.code, done.log.includes('::error')]).toEqual([0, false]);
      await crane('validate', '--remote', `${images}:v1.2.3`);
      const { layers } = await json('manifest', '--platform', 'linux/amd64', `${images}:v1.2.3`);
      expect(layers[0].digest).toBe(base.layers['linux/amd64']);
    },
    timeout,
  );

  test(
    'into an OCI layout, layers of the base included',
    async () => {
      const inputs = { release, push: 'false', output: 'oci-layout:out', insecure: host, base: `${base.repository}:1` };
      const done = await runImage(folder.path, inputs);
      expect(done.code).toBe(0);
      const tar = join(folder.path, 'out.tar');
      const from = `oci:${join(folder.path, 'out')}:v1.2.3`;
      await run([tools.skopeo, 'copy', '--override-arch', 'arm64', from, `docker-archive:${tar}:x/y:1`], { timeout });
      await crane('validate', '--tarball', tar);
    },
    timeout,
  );

  test.each<[string, Parameters<typeof startProxy>[1], string]>([
    [
      'with other bytes than its digest',
      { fault: ({ kind }) => (kind === 'get-manifest' ? { status: 200, body: '{}' } : undefined) },
      'DIGEST_MISMATCH',
    ],
    [
      'whose configuration was cut off',
      { fault: ({ kind }) => (kind === 'get-blob' ? { status: 200, body: '{"architecture"' } : undefined) },
      'DIGEST_MISMATCH',
    ],
    ['that may not be read', { fault: () => ({ status: 403 }) }, 'REGISTRY_FORBIDDEN'],
  ])(
    '%s is refused, and nothing is pushed',
    async (_, rules, code) => {
      await using proxy = await startProxy(url, rules);
      const images = freshRepository(host);
      const from = `${base.repository.replace(host, proxy.host)}@${base.digest}`;
      const done = await runImage(folder.path, { release, images, insecure: host, base: from });
      expect(done.code).toBe(1);
      expect(done.log).toContain(`[${code}]`);
      expect((await fetch(`${url}/v2/${images.slice(host.length + 1)}/tags/list`)).status).toBe(404);
    },
    timeout,
  );

  test(
    'a layer that is damaged on the way is not pushed',
    async () => {
      const damaged = base.layers['linux/amd64']!;
      await using proxy = await startProxy(url, {
        fault: ({ kind, path }) =>
          kind === 'get-blob' && path.endsWith(damaged) ? { status: 200, body: 'x' } : undefined,
      });
      const images = freshRepository(host);
      const from = `${base.repository.replace(host, proxy.host)}@${base.digest}`;
      const done = await runImage(folder.path, { release, images, insecure: host, base: from });
      expect(done.code).toBe(1);
      expect(done.log).toContain('[DIGEST_MISMATCH]');
      const accept = 'application/vnd.oci.image.index.v1+json';
      const tag = await fetch(`${url}/v2/${images.slice(host.length + 1)}/manifests/v1.2.3`, { headers: { accept } });
      expect(tag.status).toBe(404);
    },
    timeout,
  );

  test(
    'a platform that the base does not have is an error that names those it has',
    async () => {
      const inputs = { release, images: freshRepository(host), insecure: host, platforms: 'linux/arm64' };
      const only = `${base.repository}:linux-amd64`;
      const done = await runImage(folder.path, { ...inputs, base: only });
      expect(done.code).toBe(1);
      expect(done.log).toContain('[BASE_PLATFORM]');
      expect(done.log).toContain('It has linux/amd64');
      expect(await readFile(join(folder.path, release), 'utf8')).not.toContain(only);
    },
    timeout,
  );
});
