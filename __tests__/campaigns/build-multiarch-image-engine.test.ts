import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { scratch } from '../../src/build-multiarch-image/assets/scratch.ts';
import { deflateParameters } from '../../src/core/deflate.ts';
import { run } from '../../src/core/process.ts';
import { describeImages, freshRepository, runImage, temporary } from '../integration/build-multiarch-image.ts';
import { buildHello } from '../integration/hello.ts';
import { labModule } from '../integration/lab.ts';
import { startProxy } from '../integration/registry-proxy.ts';

const timeout = 120_000;

/** Says what it finds around it, then what is in the files of its arguments. */
const source = `package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"time"
)

func main() {
	zone, zoneErr := time.LoadLocation("Asia/Kathmandu")
	roots, rootsErr := x509.SystemCertPool()
	tmpErr := os.WriteFile("/tmp/x", nil, 0o600)
	who, whoErr := user.Current()
	fmt.Println(runtime.GOARCH, zone, len(roots.Subjects()) > 100, who.Username, zoneErr, rootsErr, tmpErr, whoErr)
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		fmt.Println(string(text), err)
	}
}
`;

await describeImages('the native engine', (lab, tools) => {
  const { host, url } = lab.registry;
  let folder: Awaited<ReturnType<typeof temporary>>;
  const binaries = 'dist/{name}-{os}-{arch}';
  beforeAll(async () => {
    folder = await temporary();
    await (await labModule('apt')).ensurePackages(['podman', 'runc', 'qemu-user-static']);
    await Promise.all(['module', 'dist', 'web'].map(name => mkdir(join(folder.path, name))));
    await writeFile(join(folder.path, 'module/go.mod'), 'module example.com/hello\n\ngo 1.24\n');
    await writeFile(join(folder.path, 'module/main.go'), source);
    await writeFile(join(folder.path, 'web/index.html'), 'a page');
    await symlink('index.html', join(folder.path, 'web/start'));
    await mkdir(join(folder.path, 'module/other'));
    await writeFile(join(folder.path, 'module/other/main.go'), source);
    for (const [name, arch, path] of [
      ['hello', 'amd64', '.'],
      ['hello', 'arm64', '.'],
      ['other', 'amd64', './other'],
    ] as const) {
      const out = join(folder.path, 'dist', `${name}-linux-${arch}`);
      const env = { ...process.env, CGO_ENABLED: '0', GOARCH: arch, GOOS: 'linux', GOTOOLCHAIN: 'local', GOFLAGS: '' };
      const argv = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', out, path] as const;
      await run([tools.go, ...argv], { cwd: join(folder.path, 'module'), env, timeout: 300_000 });
    }
  }, 400_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  const crane = async (...argv: string[]) =>
    (await run([tools.crane, ...argv, '--insecure'], { timeout })).stdout.trim();
  const json = async (...argv: string[]) => JSON.parse(await crane(...argv));

  /** Pushes to a new repository; `dist/hello-*` unless the inputs say otherwise. */
  async function push(inputs: Record<string, string> = {}, directory = folder.path) {
    const images = freshRepository(host);
    const given = { binaries: 'dist/hello-{os}-{arch}', images, insecure: host, tags: 'v1', ...inputs };
    const done = await runImage(directory, given);
    return { ...done, image: `${images}@${done.outputs['digest']}` };
  }

  describe('an image that was pushed really runs', () => {
    /** In podman, with limits that any machine allows, and storage of its own. */
    async function podman(image: string, options: string[], argv: string[]) {
      const store = ['--root', join(folder.path, 'store'), '--runroot', join(folder.path, 'runroot')];
      const runtime = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--runtime', 'runc'];
      const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
      const container = ['--rm', '--network', 'none', '--tls-verify=false', ...limits, ...options, image, ...argv];
      const { stdout } = await run(['podman', ...store, ...runtime, 'run', ...container], { timeout });
      return stdout.trim().split('\n');
    }

    test.each<[string, Record<string, string>]>([
      ['by default', {}],
      ['with zstd', { compression: 'zstd' }],
      ['with docker’s media types', { 'media-types': 'docker' }],
    ])(
      'on amd64, %s: as nonroot, with zones, certificates, /tmp and files',
      async (_, inputs) => {
        const { code, log, image } = await push({
          files: 'web:/srv/www\nweb/index.html:/etc/app/page:0600',
          ...inputs,
        });
        expect([code, log.includes('::error')]).toEqual([0, false]);
        expect(await podman(image, [], ['/srv/www/start', '/etc/app/page', '/root/absent'])).toEqual([
          'amd64 Asia/Kathmandu true nonroot <nil> <nil> <nil> <nil>',
          'a page <nil>',
          ' open /etc/app/page: permission denied', // root's, with mode 0600
          ' open /root/absent: no such file or directory',
        ]);
      },
      timeout,
    );

    test(
      'on arm64, under qemu',
      async () => {
        const { image } = await push({ files: 'web:/srv/www' });
        const qemu = '/usr/bin/qemu-aarch64-static';
        const options = ['--arch', 'arm64', '-v', `${qemu}:${qemu}:ro`, '--entrypoint', qemu];
        expect(await podman(image, options, ['/usr/local/bin/hello', '/srv/www/index.html'])).toEqual([
          'arm64 Asia/Kathmandu true nonroot <nil> <nil> <nil> <nil>',
          'a page <nil>',
        ]);
      },
      timeout,
    );
  });

  test(
    'the example service costs its base, its compressed binary, and at most 4 KB',
    async () => {
      const { path } = await buildHello(tools.go, join(folder.path, 'example'), 'v1.0.0');
      const binary = deflateRawSync(await readFile(path), deflateParameters).length;
      const arch = process.arch === 'x64' ? 'amd64' : 'arm64';
      const { code, image } = await push({ binaries: path }, join(folder.path, 'example'));
      expect(code).toBe(0);
      const [{ digest, size }] = (await json('manifest', image)).manifests;
      const { config, layers } = await json(
        'manifest',
        '--platform',
        `linux/${arch}`,
        `${image.split('@')[0]}@${digest}`,
      );
      const all = [...layers, config].reduce((sum: number, one: { size: number }) => sum + one.size, size);
      expect(all).toBeLessThanOrEqual(scratch.size + binary + 4096);
    },
    timeout,
  );

  describe('other formats', () => {
    test.each<[string, Record<string, string>, string, string]>([
      ['zstd', { compression: 'zstd' }, 'application/vnd.oci.image.index.v1+json', 'tar+zstd'],
      [
        'docker',
        { 'media-types': 'docker' },
        'application/vnd.docker.distribution.manifest.list.v2+json',
        'diff.tar.gzip',
      ],
    ])(
      '%s: crane validates it, skopeo copies it',
      async (name, inputs, type, layerType) => {
        const { code, image } = await push(inputs);
        expect(code).toBe(0);
        // crane reads no zstd; podman, above, does
        if (name !== 'zstd') await crane('validate', '--remote', image);
        expect((await json('manifest', image)).mediaType).toBe(type);
        const { layers } = await json('manifest', '--platform', 'linux/arm64', image);
        expect(layers.at(-1).mediaType).toMatch(new RegExp(`${layerType.replaceAll(/[.+]/g, '\\$&')}$`));
        const to = `oci:${join(folder.path, `copy-${name}`)}:1`;
        await run([tools.skopeo, 'copy', '--all', '--src-tls-verify=false', `docker://${image}`, to], { timeout });
      },
      timeout,
    );

    test.each<[string, Record<string, string>]>([
      ['zstd', { compression: 'zstd' }],
      ['annotations', { annotations: 'a=b' }],
    ])(
      'docker’s media types cannot have %s, which is said',
      async (_, inputs) => {
        const { code, log } = await push({ 'media-types': 'docker', ...inputs });
        expect([code, log]).toEqual([1, expect.stringContaining('[INPUT_INVALID]')]);
      },
      timeout,
    );
  });

  test(
    'several programs: the stop signal and a layer each; one that changed is the only layer that is uploaded',
    async () => {
      await using proxy = await startProxy(url);
      const images = freshRepository(proxy.host);
      const cache = join(folder.path, 'tools');
      const own = join(folder.path, 'changed');
      await mkdir(join(own, 'dist'), { recursive: true });
      for (const name of ['hello', 'other'])
        await writeFile(
          join(own, 'dist', `${name}-linux-amd64`),
          await readFile(join(folder.path, 'dist', `${name}-linux-amd64`)),
        );
      const inputs = { binaries, images, 'stop-signal': 'sigint', entrypoint: '/usr/local/bin/hello', tags: 'v1' };
      const go = async () => {
        const from = proxy.asked.length;
        const done = await runImage(own, inputs, { env: { RUNNER_TOOL_CACHE: cache } });
        expect([done.code, done.log.match(/::error.*/)?.[0]]).toEqual([0, undefined]);
        const uploads = proxy.asked.slice(from).filter(one => one.kind === 'put-upload');
        return { digest: done.outputs['digest'], uploads: uploads.map(one => one.sent).sort((a, b) => b - a) };
      };
      const first = await go();
      expect(first.uploads).toHaveLength(4); // scratch, two programs, a configuration
      const { config } = await json('config', `${images.replace(proxy.host, host)}:v1`);
      expect(config.StopSignal).toBe('SIGINT');
      expect(await go()).toEqual({ digest: first.digest, uploads: [] });
      const path = join(own, 'dist', 'other-linux-amd64');
      await writeFile(path, Buffer.concat([await readFile(path), Buffer.from('changed')]));
      await rm(join(own, 'slipway-out'), { recursive: true }); // else the record names the other program
      const third = await go();
      expect(third.uploads).toHaveLength(2);
      expect(third.uploads[0]).toBeGreaterThan(500_000); // the program; the other is its configuration
      expect(third.uploads[1]).toBeLessThan(3000);
    },
    timeout,
  );

  test(
    'bases by platform: one has its own, the rest stand on scratch',
    async () => {
      const tar = join(folder.path, 'base.tar');
      await run(['tar', '-cf', tar, '-C', join(folder.path, 'web'), 'index.html'], { timeout });
      const repository = freshRepository(host);
      await crane('append', '-f', tar, '-t', `${repository}:1`);
      await crane('mutate', `${repository}:1`, '--set-platform', 'linux/arm64', '-t', `${repository}:1`);
      const [layer] = (await json('manifest', `${repository}:1`)).layers;
      const base = `linux/arm64=${repository}:1\nscratch`;
      const { code, image } = await push({ base });
      expect(code).toBe(0);
      await crane('validate', '--remote', image);
      const [arm, amd] = [
        await json('manifest', '--platform', 'linux/arm64', image),
        await json('manifest', '--platform', 'linux/amd64', image),
      ];
      expect(arm.layers[0].digest).toBe(layer.digest);
      expect(arm.annotations['org.opencontainers.image.base.name']).toBe(`${repository}:1`);
      expect(amd.annotations).not.toHaveProperty(['org.opencontainers.image.base.name']);
      const alone = await push({ base: `linux/arm64=${repository}:1` });
      expect([alone.code, alone.log]).toEqual([1, expect.stringContaining('[BASE_PLATFORM]')]);
    },
    timeout,
  );

  describe('a hostile base gets nothing out of this machine', () => {
    /** An OCI layout with a base whose one layer is described by `layer`. */
    async function layoutWith(name: string, layer: object): Promise<string> {
      const path = join(folder.path, name);
      await mkdir(join(path, 'blobs/sha256'), { recursive: true });
      const put = async (document: object) => {
        const bytes = JSON.stringify(document);
        const hex = createHash('sha256').update(bytes).digest('hex');
        await writeFile(join(path, 'blobs/sha256', hex), bytes);
        return { digest: `sha256:${hex}`, size: bytes.length };
      };
      const rootfs = { type: 'layers', diff_ids: [`sha256:${'a'.repeat(64)}`] };
      const config = await put({ os: 'linux', architecture: 'amd64', rootfs });
      const types = 'application/vnd.oci.image';
      const manifest = {
        schemaVersion: 2,
        mediaType: `${types}.manifest.v1+json`,
        config: { mediaType: `${types}.config.v1+json`, ...config },
        layers: [{ mediaType: `${types}.layer.v1.tar+gzip`, ...layer }],
      };
      const root = { mediaType: manifest.mediaType, ...(await put(manifest)) };
      await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
      await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [root] }));
      return path;
    }

    test.each<[string, object, string]>([
      ['a digest that is a path', { digest: 'sha256:../../../../../../etc/passwd', size: 1 }, 'DIGEST_INVALID'],
      ['a digest of another kind', { digest: `md5:${'a'.repeat(32)}`, size: 1 }, 'DIGEST_INVALID'],
    ])(
      '%s',
      async (name, layer, code) => {
        await layoutWith(name.replaceAll(' ', '-'), layer);
        const done = await push({
          base: `oci-layout:${name.replaceAll(' ', '-')}`,
          binaries: 'dist/hello-linux-amd64',
        });
        expect([done.code, done.log]).toEqual([1, expect.stringContaining(`[${code}]`)]);
      },
      timeout,
    );

    test(
      'a blob that is a link to a file of this machine',
      async () => {
        const digest = `sha256:${'b'.repeat(64)}`;
        const path = await layoutWith('linked', { digest, size: 5 });
        await writeFile(join(folder.path, 'secret'), 'hello');
        await symlink('../../../secret', join(path, 'blobs/sha256', 'b'.repeat(64)));
        const done = await push({ base: 'oci-layout:linked', binaries: 'dist/hello-linux-amd64' });
        expect([done.code, done.log]).toEqual([1, expect.stringContaining('[DIGEST_MISMATCH]')]);
      },
      timeout,
    );
  });

  test(
    'files that lead out of the working directory are refused, before anything is pushed',
    async () => {
      await symlink('/etc', join(folder.path, 'web', 'out'));
      const { code, log, image } = await push({ files: 'web:/srv' });
      await rm(join(folder.path, 'web', 'out'));
      expect([code, log]).toEqual([1, expect.stringContaining('[FILES_LINK]')]);
      const path = image.slice(host.length + 1).split('@')[0];
      expect((await fetch(`${url}/v2/${path}/tags/list`)).status).toBe(404);
    },
    timeout,
  );
});
