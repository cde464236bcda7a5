import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sha256File } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { buildPrograms, runImage, temporary } from './build-multiarch-image.ts';
import { describeWith } from './lab.ts';

const timeout = 60_000;

await describeWith(['go', 'package:skopeo', 'package:podman'], 'outputs besides a registry', lab => {
  let folder: Awaited<ReturnType<typeof temporary>>;
  let release: string;
  beforeAll(async () => {
    folder = await temporary();
    release = (await buildPrograms(folder.path, lab.go, ['linux/amd64', 'linux/arm64'])).file;
  }, 300_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  const write = async (name: string) => {
    const kinds = ['oci-layout', 'oci-archive', 'docker-archive'];
    const paths = kinds.map(kind => `${name}/${kind}${kind === 'oci-layout' ? '' : '.tar'}`);
    const output = kinds.map((kind, at) => `${kind}:${paths[at]}`).join('\n');
    const images = 'registry.example.com/acme/hello';
    const ran = await runImage(folder.path, { release, images, push: 'false', output, tags: 'v1\nv2' });
    expect(ran.code === 0 ? '' : ran.log).toBe('');
    return { ...ran, paths: paths.map(path => join(folder.path, path)) };
  };
  const raw = async (reference: string) => {
    const { stdout } = await run(['skopeo', 'inspect', '--raw', reference], { timeout });
    return stdout;
  };
  const own = process.arch === 'x64' ? 'amd64' : process.arch;

  test(
    'skopeo reads the archive as the layout: every platform, the same digest',
    async () => {
      const { outputs, paths, summary } = await write('a');
      const index = await raw(`oci-archive:${paths[1]}:v1`);
      expect(index).toBe(await raw(`oci:${paths[0]}:v1`));
      expect(JSON.parse(index).manifests).toHaveLength(2);
      const copy = join(folder.path, 'copy');
      const argv = ['skopeo', 'copy', '--all', '--preserve-digests'] as const;
      await run([...argv, `oci-archive:${paths[1]}:v2`, `dir:${copy}`], { timeout });
      expect(`sha256:${await sha256File(join(copy, 'manifest.json'))}`).toBe(outputs['digest']);
      expect(summary).toContain('in the OCI archive `a/oci-archive.tar`');
    },
    timeout,
  );

  test(
    'the same image gives the same bytes',
    async () => {
      const [one, other] = [await write('b'), await write('c')];
      for (const at of [1, 2]) expect(await sha256File(one.paths[at]!)).toBe(await sha256File(other.paths[at]!));
      expect(await readFile(join(one.paths[0]!, 'index.json'))).toEqual(
        await readFile(join(other.paths[0]!, 'index.json')),
      );
    },
    timeout,
  );

  test(
    'podman loads the Docker archive under every name, and skopeo finds the layers as they should be',
    async () => {
      const { paths } = await write('d');
      const root = join(folder.path, 'podman');
      const podman = (...args: string[]) =>
        run(['podman', '--root', root, '--runroot', `${root}-run`, '--storage-driver', 'vfs', ...args], { timeout });
      const { stdout } = await podman('load', '--input', paths[2]!);
      for (const tag of ['v1', 'v2']) expect(stdout).toContain(`registry.example.com/acme/hello:${tag}`);
      const inspected = await podman('image', 'inspect', 'registry.example.com/acme/hello:v1');
      expect(JSON.parse(inspected.stdout)[0]).toMatchObject({ Architecture: own, Os: 'linux', User: '65532' });
      await podman('rmi', '--all', '--force');
      // Reads and unpacks every layer, and checks it against the configuration.
      await run(['skopeo', 'copy', `docker-archive:${paths[2]}`, `dir:${join(folder.path, 'from-docker')}`], {
        timeout,
      });
    },
    timeout,
  );

  test(
    'a single platform is written whatever this machine is',
    async () => {
      const inputs = { release, push: 'false', output: 'docker-archive:x.tar', platforms: 'linux/arm64' };
      expect(await runImage(folder.path, inputs)).toMatchObject({ code: 0 });
      const argv = ['skopeo', 'inspect', '--config', `docker-archive:${join(folder.path, 'x.tar')}`] as const;
      expect(JSON.parse((await run([...argv], { timeout })).stdout)).toMatchObject({ architecture: 'arm64' });
    },
    timeout,
  );
});
