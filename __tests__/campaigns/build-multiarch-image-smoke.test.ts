import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machinePlatform } from '../../src/build-multiarch-image/dockerfile/emulation.ts';
import { mediaTypes } from '../../src/core/oci/media-types.ts';
import { run } from '../../src/core/process.ts';
import { freshRepository, runImage, temporary } from '../integration/build-multiarch-image.ts';
import { buildProgram, freePort } from '../integration/buildkit.ts';
import { describeWith, labModule } from '../integration/lab.ts';

const timeout = 120_000;

/** A service that can be healthy, broken, dead at once, and asked for its version. */
const source = `package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("service v1.2.3, asked for", os.Args[1])
		if os.Args[1] == "fail" {
			os.Exit(3)
		}
		return
	}
	if os.Getenv("MOOD") == "dead" {
		fmt.Println("there is no database")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	status := "200 OK"
	if os.Getenv("MOOD") == "broken" {
		status = "500 Internal Server Error"
	}
	fmt.Println("listening as user", os.Getuid())
	for {
		client, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		client.Read(make([]byte, 4096))
		fmt.Fprintf(client, "HTTP/1.1 %s\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok", status)
		client.Close()
	}
}
`;

await describeWith(['registry', 'go', 'peer:crane', 'package:podman', 'package:runc'], 'smoke', lab => {
  const { host, url } = lab.registry;
  const binary = `service-${machinePlatform().replaceAll('/', '-')}`;
  const paths: Record<string, string> = {};
  let folder: Awaited<ReturnType<typeof temporary>>;
  beforeAll(async () => {
    folder = await temporary();
    await buildProgram(lab.go, join(folder.path, 'source'), source, join(folder.path, binary));
    const { findExecutable } = await labModule('apt');
    paths['podman'] = [dirname(process.execPath), process.env['PATH']].join(':');
    // What a machine without podman has.
    paths['runc'] = join(folder.path, 'bin');
    await mkdir(paths['runc']);
    for (const name of ['runc', 'tar', 'gzip']) await symlink(await findExecutable(name), join(paths['runc'], name));
    paths['nothing'] = join(folder.path, 'nothing');
  }, 300_000);
  afterAll(async () => await folder?.[Symbol.asyncDispose]());

  const ship = async (runtime: string, inputs: Record<string, string>) => {
    const images = freshRepository(host);
    const given = { images, tags: 'v1\nlatest', insecure: host, binaries: binary, ...inputs };
    const ran = await runImage(folder.path, given, { env: { PATH: paths[runtime] } });
    const path = images.slice(host.length + 1);
    const answer = await fetch(`${url}/v2/${path}/tags/list`);
    const tags = ((await answer.json()) as { tags?: string[] | null }).tags ?? [];
    const digest = ran.outputs['digest'] ?? '';
    const there =
      (await fetch(`${url}/v2/${path}/manifests/${digest}`, { headers: { accept: mediaTypes.index } })).status === 200;
    const error = ran.log.split('\n').find(line => line.startsWith('::error::')) ?? '';
    return { ...ran, error, tags: tags.toSorted(), there };
  };

  describe.each(['podman', 'runc'])('with %s', runtime => {
    test(
      'an image that works gets its tags, and leaves nothing behind',
      async () => {
        const port = await freePort();
        const smoke = `run --version\nrun ["a b"]\nhttp://127.0.0.1:${port}/healthz 200 contains "ok" within 2s`;
        const ran = await ship(runtime, { smoke, 'smoke-env': `PORT=${port}` });
        expect(ran.error).toBe('');
        expect(ran.log).toContain(`with ${runtime}`);
        expect(ran.log).toContain('asked for --version');
        expect(ran.log).toContain('asked for a b');
        expect(ran.log).toContain('listening as user 65532');
        expect(ran.tags).toEqual(['latest', 'v1']);
        expect(ran.log.indexOf('listening as user')).toBeLessThan(ran.log.indexOf(':latest is sha256:'));
        await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
        const left =
          runtime === 'podman'
            ? await run(['podman', 'images', '--all', '--format', '{{.Names}}'], { timeout })
            : await run(['runc', 'list', '--quiet'], { timeout });
        expect(left.stdout).not.toContain('slipway-smoke');
      },
      timeout,
    );

    test.each<[string, string, string, string[]]>([
      ['a command that fails', 'run fail', '', ['"run fail" ended with code 3', 'service v1.2.3, asked for fail']],
      ['a service that dies at once', 'CHECK', 'dead', ['ended with code 2', 'there is no database']],
      ['a service that is not healthy', 'CHECK', 'broken', ['status 500', 'listening as user']],
      ['a service that never ends, run as a command', 'run', '', ['did not end within 3s', 'listening as user']],
    ])(
      '%s leaves no tag; its output is told',
      async (_, asked, mood, said) => {
        const port = await freePort();
        const smoke = asked.replace('CHECK', `http://127.0.0.1:${port}/healthz`);
        const env = `PORT=${port}\nMOOD=${mood}`;
        const ran = await ship(runtime, { smoke, 'smoke-env': env, 'smoke-timeout': '3s' });
        expect(ran.code).toBe(1);
        expect(ran.error).toContain('[SMOKE_FAILED]');
        for (const text of said) expect(ran.error).toContain(text);
        expect(ran.tags).toEqual([]);
        expect(ran.there).toBe(true);
        await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      },
      timeout,
    );
  });

  test(
    'a port that something else has answered on is one error, before the image is started',
    async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise(resolve => server.once('listening', resolve));
      const { port } = server.address() as { port: number };
      const ran = await ship('podman', { smoke: `tcp 127.0.0.1:${port}`, 'smoke-env': `PORT=${port}` });
      server.close();
      expect(ran.error).toContain('[SMOKE_PORT_TAKEN]');
      expect(ran.error).toContain(String(port));
      expect(ran.tags).toEqual([]);
    },
    timeout,
  );

  test(
    'a machine that cannot run containers is one error: what was not tested gets no tag',
    async () => {
      const ran = await ship('nothing', { smoke: 'run' });
      expect(ran.error).toContain('[SMOKE_RUNTIME_MISSING]');
      expect(ran.tags).toEqual([]);
    },
    timeout,
  );

  test(
    'without a push the image itself is tested',
    async () => {
      const ran = await ship('podman', { smoke: 'run fail', push: 'false' });
      expect(ran.error).toContain('[SMOKE_FAILED]');
      expect(ran.error).toContain('asked for fail');
    },
    timeout,
  );
});
