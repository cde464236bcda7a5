import { cp, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runnableHere } from '../../src/build-multiarch-image/dockerfile/emulation.ts';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import { buildPrograms, freshRepository, runImage, temporary } from './build-multiarch-image.ts';
import { type BuildKit, buildProgram, startBuildKit } from './buildkit.ts';
import { makeAuthority } from './certificates.ts';
import { firstImage } from './first-image.ts';
import { describeWith } from './lab.ts';

const timeout = 120_000;
const release = 'slipway-out/release.json';

/** Writes what it sees of three secrets to /out, or fails. */
const tool = `package main

import (
	"crypto/sha256"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("the sources are broken")
		os.Exit(3)
	}
	sums := ""
	for _, id := range []string{"a", "b", "c"} {
		secret, err := os.ReadFile("/run/secrets/" + id)
		if err != nil {
			panic(err)
		}
		sums += fmt.Sprintf("%x ", sha256.Sum256(secret))
	}
	os.WriteFile("/out", []byte(sums), 0o644)
}
`;

const dockerfiles = {
  Dockerfile: [
    'FROM scratch',
    'ARG TARGETARCH',
    'COPY slipway-out/hello-linux-$TARGETARCH /hello',
    'ENTRYPOINT ["/hello"]',
  ],
  'Dockerfile.secret': [
    'FROM scratch',
    'COPY tool /tool',
    'RUN --mount=type=secret,id=a --mount=type=secret,id=b --mount=type=secret,id=c ["/tool"]',
  ],
  'Dockerfile.broken': [
    'FROM scratch AS build',
    'COPY tool /tool',
    '',
    'RUN ["/tool", "fail"]',
    'FROM scratch',
    'COPY --from=build /tool /tool',
  ],
  'Dockerfile.based': ['ARG BASE=base', 'FROM $BASE', 'ARG NOTE', 'LABEL note=$NOTE', 'COPY tool /tool'],
};

await describeWith(
  ['registry', 'go', 'peer:buildkitd', 'peer:buildx', 'peer:crane', 'package:runc', 'package:buildah'],
  'build-multiarch-image of a Dockerfile',
  lab => {
    const { host, url } = lab.registry;
    const path = [dirname(process.execPath), dirname(lab['peer:buildx']), process.env['PATH']].join(':');
    let folder: Awaited<ReturnType<typeof temporary>>;
    let buildkit: BuildKit;
    beforeAll(async () => {
      folder = await temporary();
      buildkit = await startBuildKit(lab['peer:buildkitd']);
      await buildPrograms(folder.path, lab.go, ['linux/amd64', 'linux/arm64']);
      await buildProgram(lab.go, join(folder.path, 'tool-source'), tool, join(folder.path, 'tool'));
    }, 300_000);
    afterAll(async () => {
      await buildkit?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    }, 60_000);

    /** A working directory as a job has it: Dockerfiles, and what earlier steps built. */
    async function job(name: string): Promise<string> {
      const directory = join(folder.path, name);
      await cp(join(folder.path, 'slipway-out'), join(directory, 'slipway-out'), { recursive: true });
      await cp(join(folder.path, 'tool'), join(directory, 'tool'));
      for (const [file, lines] of Object.entries(dockerfiles))
        await writeFile(join(directory, file), `${lines.join('\n')}\n`);
      return directory;
    }
    const crane = async (...argv: string[]) =>
      (await run([lab['peer:crane'], ...argv, '--insecure'], { timeout })).stdout;
    const tagsOf = async (repository: string) => {
      const answer = await fetch(`${url}/v2/${repository.slice(host.length + 1)}/tags/list`);
      return ((await answer.json()) as { tags?: string[] }).tags ?? [];
    };
    const build = (directory: string, inputs: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
      runImage(directory, { insecure: host, release, ...inputs }, { env: { PATH: path, ...env } });
    const platforms = 'linux/amd64,linux/arm64';

    describe.each(['buildx', 'buildah'] as const)('%s', engine => {
      const chosen = (): Record<string, string> =>
        engine === 'buildx' ? { engine, builder: buildkit.unix } : { engine };

      test(
        'builds every platform from files of earlier steps, twice the same, and pushes as the native engine does',
        async () => {
          const digests: string[] = [];
          for (const when of ['first', 'second']) {
            const directory = await job(`${engine}-${when}`);
            if (when === 'second') await utimes(join(directory, release, '..', 'hello-linux-amd64'), 1.79e9, 1.79e9);
            const repository = freshRepository(host);
            const inputs = { context: '.', platforms, images: repository, tags: 'v1.2.3\nlatest', 'no-cache': 'true' };
            const attested = { sbom: 'cyclonedx', provenance: 'true', annotations: 'index:team=lab' };
            const ran = await build(directory, { ...chosen(), ...inputs, ...attested });
            expect(ran.log).not.toContain('::error');
            expect(ran.code).toBe(0);
            digests.push(ran.outputs['digest']!);
            if (when === 'second') continue;

            const bytes = await crane('manifest', `${repository}:latest`);
            expect(`sha256:${sha256(bytes)}`).toBe(ran.outputs['digest']);
            const index = JSON.parse(bytes) as {
              manifests: { platform: object; digest: string }[];
              annotations: object;
            };
            expect(index.manifests.map(one => one.platform)).toEqual([
              { os: 'linux', architecture: 'amd64' },
              { os: 'linux', architecture: 'arm64' },
            ]);
            expect(index.annotations).toMatchObject({ team: 'lab', 'org.opencontainers.image.version': 'v1.2.3' });
            await crane('validate', '--remote', `${repository}:v1.2.3`);
            const config = JSON.parse(await crane('config', '--platform', 'linux/arm64', `${repository}:latest`)) as {
              created: string;
              config: { Entrypoint: string[]; Labels: object };
            };
            expect(config.created).toMatch(/^2026-01-02T03:04:05/);
            expect(config.config.Entrypoint).toEqual(['/hello']);
            expect(config.config.Labels).toMatchObject({ 'org.opencontainers.image.title': 'hello' });
            const record = parseRecord(await readFile(join(directory, release), 'utf8'), release);
            expect(record.binaries).toHaveLength(2);
            expect(record.images).toMatchObject([
              {
                repositories: [repository],
                digest: ran.outputs['digest'],
                tags: ['v1.2.3', 'latest'],
                // The programs in it are those of the record, by their bytes.
                platforms: record.binaries.map(one => ({ platform: one.target, binaries: [one.sha256] })),
              },
            ]);
            const attestations = record.images[0]!.attestations.map(one => `${one.subject} ${one.type}`).sort();
            const [image, ...parts] = [ran.outputs['digest'], ...index.manifests.map(one => one.digest)];
            const wanted = [image, ...parts].map(digest => `${digest} https://slsa.dev/provenance/v1`);
            expect(attestations).toEqual([...wanted, ...parts.map(one => `${one} https://cyclonedx.org/bom`)].sort());
            if (engine === 'buildah') {
              // Its storage is the user's: of what we built, nothing stays there.
              const { stdout } = await run(['buildah', 'images', '--all', '--no-trunc'], { timeout });
              for (const { config } of record.images[0]!.platforms) expect(stdout).not.toContain(config);
            }
            // Its progress is there to be read, line by line, and none of it is a command to the runner.
            expect(ran.log).toMatch(/^\| .*COPY slipway-out\/hello-linux/m);
          }
          expect(digests[1]).toBe(digests[0]);
        },
        timeout,
      );

      test(
        'builds on a local base, twice the same',
        async () => {
          const directory = await job(`${engine}-based`);
          const repository = freshRepository(host);
          const base = {
            release,
            images: repository,
            insecure: host,
            output: 'oci-layout:base',
            tags: 'v1',
            platforms: 'linux/amd64',
          };
          const made = await runImage(directory, base);
          expect(made.log).not.toContain('::error');
          // buildah pulls from the registry, and is told in its own way that this one has no TLS.
          const registries = join(directory, 'registries.conf');
          await writeFile(registries, `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
          const from =
            engine === 'buildx'
              ? { 'build-contexts': `base=oci-layout://${join(directory, 'base')}:v1`, 'build-args': 'NOTE=hi' }
              : { 'build-args': `BASE=${repository}:v1\nNOTE=hi` };
          const env = { CONTAINERS_REGISTRIES_CONF: registries };
          const digests = [];
          for (const output of ['one', 'two']) {
            const inputs = { file: 'Dockerfile.based', push: 'false', tags: 'v1', 'no-cache': 'true' };
            const ran = await build(
              directory,
              { ...chosen(), ...inputs, ...from, output: `oci-layout:${output}` },
              env,
            );
            expect(ran.log).not.toContain('::error');
            digests.push(ran.outputs['digest']);
          }
          expect(digests[1]).toBe(digests[0]);
          const { layers, labels } = await firstImage(join(directory, 'one'), digests[0]!);
          if (engine === 'buildah') await run(['buildah', 'rmi', `${repository}:v1`], { timeout });
          expect(layers).toBeGreaterThan(2);
          expect(labels).toMatchObject({ note: 'hi' });
        },
        timeout,
      );

      test(
        'gives a RUN step its secrets, and nobody else',
        async () => {
          const values = ['text', 'variable', 'file'].map(kind => `hunter2-${engine}-${kind}`);
          const directory = await job(`${engine}-secret`);
          await writeFile(join(directory, 'secret-c'), values[2]!);
          const inputs = { file: 'Dockerfile.secret', push: 'false', 'no-cache': 'true', output: 'oci-layout:out' };
          const secrets = { secrets: `a=${values[0]}`, 'secret-envs': 'b=LAB_TOKEN', 'secret-files': 'c=secret-c' };
          const ran = await build(directory, { ...chosen(), ...inputs, ...secrets }, { LAB_TOKEN: values[1] });
          expect(ran.log).not.toContain('::error');
          const { files } = await firstImage(join(directory, 'out'), ran.outputs['digest']!);
          expect(files['out']!.trim().split(' ')).toEqual(values.map(value => sha256(value)));
          const blobs = join(directory, 'out', 'blobs', 'sha256');
          const written = await Promise.all(
            (await readdir(blobs)).map(async name => {
              const bytes = await readFile(join(blobs, name));
              return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('latin1');
            }),
          );
          const said = ran.log.replaceAll(/^::add-mask::.*$/gm, '') + ran.summary + JSON.stringify(ran.outputs);
          for (const value of values) for (const text of [said, ...written]) expect(text.includes(value)).toBe(false);
        },
        timeout,
      );

      test(
        'a failing step is named, with what it printed; nothing is pushed',
        async () => {
          const directory = await job(`${engine}-broken`);
          const images = freshRepository(host);
          const ran = await build(directory, { ...chosen(), file: 'Dockerfile.broken', images });
          expect(ran.code).toBe(1);
          const [line = ''] = ran.log.split('\n').filter(text => text.startsWith('::error::'));
          expect(line).toContain('[BUILD_FAILED]');
          expect(line).toMatch(/fail/);
          expect(line).toMatch(engine === 'buildx' ? /Dockerfile\.broken:4: .*exit code: 3/ : /RUN .*exit status 3/);
          expect(line).toContain('the sources are broken');
          expect(await tagsOf(images)).toEqual([]);
        },
        timeout,
      );

      test(
        'a RUN step on a platform that cannot be emulated is explained before anything is built',
        async () => {
          const here = await runnableHere();
          const foreign = ['linux/riscv64', 'linux/s390x', 'linux/ppc64le', 'linux/mips64le', 'linux/mips64'].find(
            platform => !here.includes(platform),
          )!;
          const directory = await job(`${engine}-foreign`);
          const inputs = { file: 'Dockerfile.secret', platforms: foreign, push: 'false' };
          const ran = await build(directory, { ...chosen(), ...inputs });
          expect(ran.code).toBe(1);
          const [line = ''] = ran.log.split('\n').filter(text => text.startsWith('::error::'));
          expect(line).toContain('[PLATFORM_NOT_EMULATED]');
          expect(line).toContain('Dockerfile.secret:3');
          expect(line).toContain(foreign);
          expect(ran.log).not.toMatch(/^\| .*COPY/m);
        },
        timeout,
      );
    });

    test(
      'BuildKit is reached by TCP, and a builder by its name or as the current one',
      async () => {
        const directory = await job('builders');
        const config = join(directory, 'buildx-config');
        await mkdir(config);
        const env = { ...process.env, BUILDX_CONFIG: config };
        const create = ['create', '--use', '--name', 'lab', '--driver', 'remote', buildkit.unix] as const;
        await run([lab['peer:buildx'], ...create], { env, timeout });
        const digests = new Set<string>();
        for (const [inputs, own] of [
          [{ builder: buildkit.tcp }, {}],
          [{ builder: 'lab' }, { BUILDX_CONFIG: config }],
          [{ context: '.' }, { BUILDX_CONFIG: config }],
        ] as const) {
          const ran = await build(directory, { push: 'false', platforms, ...inputs }, own);
          expect(ran.log).not.toContain('::error');
          expect(ran.log).toContain('(remote)');
          digests.add(ran.outputs['digest']!);
        }
        expect(digests.size).toBe(1);
      },
      timeout,
    );

    test(
      'BuildKit with TLS, which wants a certificate of its clients',
      async () => {
        const directory = await job('tls');
        const [from, to] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
        const ca = await makeAuthority(directory);
        const client = await ca.sign('client', 'client', from, to);
        const server = await ca.sign('server', 'localhost', from, to);
        await using secured = await startBuildKit(lab['peer:buildkitd'], { tls: { ca, server } });
        const options = [`cacert=${ca.certificate}`, `cert=${client.certificate}`, `key=${client.key}`];
        const inputs = { push: 'false', builder: secured.tcp };
        const ran = await build(directory, { ...inputs, 'driver-opts': options.join('\n') });
        expect(ran.log).not.toContain('::error');
        expect(ran.outputs['digest']).toMatch(/^sha256:/);
      },
      timeout,
    );

    test.each<[string, Record<string, string>, string, string]>([
      ['a BuildKit that is not there', { builder: 'tcp://127.0.0.1:1' }, 'BUILDER_FAILED', 'tcp://127.0.0.1:1'],
      ['a builder that nobody made', { builder: 'nobody' }, 'BUILDER_FAILED', 'nobody'],
      ['a Dockerfile that is not there', { file: 'Dockerfile.absent' }, 'DOCKERFILE_MISSING', 'Dockerfile.absent'],
      ['a context that is not there', { context: 'absent' }, 'CONTEXT_MISSING', 'absent'],
      ['a Dockerfile and binaries', { context: '.', base: 'ghcr.io/a/b' }, 'INPUT_INVALID', 'base'],
      ['a secret that is not there', { file: 'Dockerfile', 'secret-envs': 'a=ABSENT' }, 'INPUT_INVALID', 'ABSENT'],
    ])(
      '%s is one error',
      async (name, inputs, code, said) => {
        const directory = await job(`refuses-${name.replaceAll(' ', '-')}`);
        const ran = await build(directory, { push: 'false', engine: 'buildx', builder: buildkit.unix, ...inputs });
        expect(ran.code).toBe(1);
        const [line = ''] = ran.log.split('\n').filter(text => text.startsWith('::error::'));
        expect(line).toContain(`[${code}]`);
        expect(line).toContain(said);
      },
      timeout,
    );

    test(
      'neither engine on the machine is one error',
      async () => {
        const directory = await job('no-engine');
        const ran = await build(directory, { context: '.', push: 'false' }, { PATH: join(directory, 'nothing') });
        expect(ran.log).toContain('[ENGINE_MISSING]');
      },
      timeout,
    );
  },
);
