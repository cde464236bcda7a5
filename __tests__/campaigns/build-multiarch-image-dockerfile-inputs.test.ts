import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { freshRepository, runImage, temporary } from '../integration/build-multiarch-image.ts';
import { type BuildKit, buildProgram, startBuildKit } from '../integration/buildkit.ts';
import { cacheService } from '../integration/cache-service.ts';
import { firstImage } from '../integration/first-image.ts';
import { describeWith } from '../integration/lab.ts';

const timeout = 120_000;

/** Writes to /out: something that no other run writes, or whether an address answers. */
const tool = `package main

import (
	"crypto/rand"
	"net"
	"os"
	"time"
)

func main() {
	said := rand.Text()
	if len(os.Args) > 1 {
		said = "answers"
		if _, err := net.DialTimeout("tcp", os.Args[1], time.Second); err != nil {
			said = "does not answer"
		}
	}
	if err := os.WriteFile("/out", []byte(said), 0o644); err != nil {
		panic(err)
	}
}
`;

const dockerfiles = {
  'Dockerfile.random': [
    'FROM scratch AS step',
    'COPY tool /tool',
    'RUN ["/tool"]',
    'FROM scratch',
    'COPY --from=step /out /out',
  ],
  'Dockerfile.reach': ['FROM scratch', 'ARG AT', 'COPY tool /tool', 'ENV AT=$AT', 'RUN ["/tool", "ADDRESS"]'],
  'Dockerfile.stages': [
    'ARG BASE=scratch',
    'FROM $BASE AS wanted',
    'COPY --from=extra note /out',
    'FROM wanted',
    'COPY tool /tool',
  ],
};

await describeWith(
  ['registry', 'go', 'peer:buildkitd', 'peer:buildctl', 'peer:buildx', 'peer:crane', 'package:runc', 'package:buildah'],
  'inputs of a Dockerfile, each in a real build',
  lab => {
    const { host } = lab.registry;
    const path = [dirname(process.execPath), dirname(lab['peer:buildx']), process.env['PATH']].join(':');
    let folder: Awaited<ReturnType<typeof temporary>>;
    let buildkit: BuildKit;
    let env: NodeJS.ProcessEnv;
    let service: Awaited<ReturnType<typeof cacheService>>;
    beforeAll(async () => {
      folder = await temporary();
      service = await cacheService();
      buildkit = await startBuildKit(lab['peer:buildkitd'], { registry: host });
      await buildProgram(lab.go, join(folder.path, 'tool-source'), tool, join(folder.path, 'tool'));
      await mkdir(join(folder.path, 'more'));
      await writeFile(join(folder.path, 'more/note'), 'of the folder');
      for (const [file, lines] of Object.entries(dockerfiles))
        await writeFile(join(folder.path, file), `${lines.join('\n')}\n`);
      // Of buildah: a registry without TLS.
      const registries = join(folder.path, 'registries.conf');
      await writeFile(registries, `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
      env = { PATH: path, CONTAINERS_REGISTRIES_CONF: registries };
    }, 300_000);
    afterAll(async () => {
      await buildkit?.[Symbol.asyncDispose]();
      await service?.close();
      await folder?.[Symbol.asyncDispose]();
    }, 60_000);

    /** Builds into a layout of its own, and tells what is in it. */
    async function build(inputs: Record<string, string>, more: NodeJS.ProcessEnv = {}) {
      const output = await mkdtemp(join(folder.path, 'out-'));
      const given = { push: 'false', output: `oci-layout:${output}`, tags: 'v1', ...inputs };
      const ran = await runImage(folder.path, given, { env: { ...env, ...more } });
      expect(ran.log.match(/::error.*/)?.[0]).toBeUndefined();
      return { log: ran.log, ...(await firstImage(output, ran.outputs['digest']!)) };
    }
    /** An empty storage for buildah, as on a machine that never built this. */
    async function emptyStorage(): Promise<NodeJS.ProcessEnv> {
      const storage = await mkdtemp(join(folder.path, 'storage-'));
      const lines = ['[storage]', 'driver = "vfs"', `graphroot = "${storage}/root"`, `runroot = "${storage}/run"`];
      await writeFile(join(storage, 'storage.conf'), lines.join('\n'));
      return { CONTAINERS_STORAGE_CONF: join(storage, 'storage.conf') };
    }
    /** Inputs of the caches, by their type. */
    function cachePlaces(): Record<string, { to: string; from: string }> {
      const repository = `${freshRepository(host)}-cache`;
      return {
        registry: { to: `type=registry,mode=max,ref=${repository}`, from: `type=registry,ref=${repository}` },
        gha: { to: 'type=gha,mode=max', from: 'type=gha' },
      };
    }
    const stages = { file: 'Dockerfile.stages', target: 'wanted', 'build-contexts': 'extra=more' };
    /** What a runner gives a job, so that it can use the runner's cache. */
    function runnerCache(): NodeJS.ProcessEnv {
      const now = Math.floor(Date.now() / 1000);
      const ac = JSON.stringify([{ Scope: 'refs/heads/main', Permission: 3 }]);
      const parts = [{ alg: 'none' }, { ac, nbf: now - 60, exp: now + 3600 }];
      const [head, claims] = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url'));
      return { ACTIONS_CACHE_URL: `${service.url}/`, ACTIONS_RUNTIME_TOKEN: `${head}.${claims}.c2lnbmF0dXJl` };
    }
    const prune = () => run([lab['peer:buildctl'], '--addr', buildkit.unix, 'prune', '--all'], { timeout });

    describe.each(['buildx', 'buildah'] as const)('%s', engine => {
      const chosen = (): Record<string, string> =>
        engine === 'buildx' ? { engine, builder: buildkit.unix } : { engine };

      test.each(engine === 'buildx' ? ['registry', 'gha'] : ['registry'])(
        'cache-to and cache-from: another machine finds the step in the cache of type %s',
        async kind => {
          const inputs = { ...chosen(), file: 'Dockerfile.random' };
          const place = cachePlaces()[kind]!;
          const elsewhere = async () => {
            if (engine === 'buildah') return { ...runnerCache(), ...(await emptyStorage()) };
            await prune();
            return runnerCache();
          };
          const first = await build({ ...inputs, 'cache-to': place.to }, await elsewhere());
          expect(first.files['out']).toMatch(/^\w{26}$/);
          const read = { ...inputs, 'cache-from': place.from };
          expect((await build(read, await elsewhere())).files).toEqual(first.files);
        },
        timeout,
      );

      test(
        'network: a RUN step reaches this machine with host, and nothing with none',
        async () => {
          const server = createServer().listen(0, '127.0.0.1');
          await new Promise(resolve => server.once('listening', resolve));
          const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
          const lines = dockerfiles['Dockerfile.reach'].join('\n').replace('ADDRESS', address);
          await writeFile(join(folder.path, 'Dockerfile.reach'), lines);
          const inputs = { ...chosen(), file: 'Dockerfile.reach', 'no-cache': 'true' };
          const said = [];
          for (const network of ['host', 'none']) said.push((await build({ ...inputs, network })).files['out']);
          server.close();
          expect(said).toEqual(['answers', 'does not answer']);
        },
        timeout,
      );

      test(
        'pull asks for a base whose tag was moved; target is the stage that is built, build-contexts give it another folder',
        async () => {
          const base = `${freshRepository(host)}:1`;
          const move = async (labels: string) => {
            await run([lab['peer:crane'], 'append', '-f', join(folder.path, 'more.tar'), '-t', base, '--insecure'], {
              timeout,
            });
            await run([lab['peer:crane'], 'mutate', base, '-l', labels, '-t', base, '--insecure'], { timeout });
          };
          await run(['tar', '-cf', join(folder.path, 'more.tar'), '-C', join(folder.path, 'more'), 'note'], {
            timeout,
          });
          const given = { ...chosen(), ...stages, 'build-args': `BASE=${base}` };
          const storage = await emptyStorage();
          await move('base=old');
          expect((await build(given, storage)).labels).toMatchObject({ base: 'old' });
          await move('base=new');
          const built = await build({ ...given, pull: 'true' }, storage);
          expect(built).toMatchObject({ layers: 2, labels: { base: 'new' }, files: { out: 'of the folder' } });
        },
        timeout,
      );
    });

    test(
      'no-cache runs a step again',
      async () => {
        const inputs = { engine: 'buildx', builder: buildkit.unix, file: 'Dockerfile.random' };
        const first = await build(inputs);
        const again = await build({ ...inputs, 'no-cache': 'true' });
        expect(again.files['out']).toMatch(/^\w{26}$/);
        expect(again.files).not.toEqual(first.files);
      },
      timeout,
    );

    test(
      'a BuildKit in a pod is reached through kubectl, with the names of the endpoint',
      async () => {
        // There is no pod: this kubectl starts the pod's command here, beside the same BuildKit.
        const bin = await mkdtemp(join(folder.path, 'bin-'));
        const asked = join(bin, 'asked');
        const kubectl = [
          '#!/bin/sh',
          `echo "$@" >>"${asked}"`,
          'while [ "$1" != -- ]; do shift; done',
          `export BUILDKIT_HOST="${buildkit.unix}"`,
          'shift; exec "$@"',
        ];
        await writeFile(join(bin, 'kubectl'), kubectl.join('\n'));
        await chmod(join(bin, 'kubectl'), 0o755);
        const PATH = [bin, dirname(lab['peer:buildctl']), path].join(':');
        const builder = 'kube-pod://bk-0?context=lab&namespace=ci&container=buildkitd';
        const built = await build({ engine: 'buildx', builder, ...stages }, { PATH });
        expect(built.files).toEqual({ out: 'of the folder' });
        const [call = ''] = (await readFile(asked, 'utf8')).split('\n');
        expect(call).toBe('--context=lab --namespace=ci exec --container=buildkitd -i bk-0 -- buildctl dial-stdio');
      },
      timeout,
    );
  },
);
