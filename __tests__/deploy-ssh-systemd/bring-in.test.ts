import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';

const script = new URL('../../src/deploy-ssh-systemd/assets/bring-in.sh', import.meta.url);

/** Of the program that a name stands for, which may be a shim. */
const programs: Record<string, readonly [string, ...string[]]> = {
  perl: ['perl', '-e', 'print $^X'],
  python3: ['python3', '-c', 'import sys; print(sys.executable)'],
};

describe.each(Object.keys(programs))('a socket is asked by %s', name => {
  let folder: string;
  let servers: Server[];

  /** `dial` where there is no other program; its exit code and what it printed. */
  const dial = async (...args: string[]) => {
    const text = `manager=\n${await readFile(script, 'utf8')}\ndial "$@"; echo "ended: $?"`;
    const env = { PATH: folder };
    return (await run(['/bin/sh', '-c', text, 'sh', ...args], { env, timeout: 20_000 })).stdout;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-dial-'));
    const { stdout } = await run(programs[name]!, { timeout: 10_000 });
    await symlink(stdout.trim(), join(folder, name));
    await symlink('/usr/bin/timeout', join(folder, 'timeout'));
    // says what it was asked, as HAProxy does, and ends; a long answer, which comes in parts
    const answering = () =>
      createServer(socket => {
        socket.on('error', () => undefined);
        socket.once('data', data => socket.end(`${data}${'x'.repeat(200_000)}`));
      });
    servers = [answering(), answering(), answering()];
    const [tcp, tcp6, unix] = servers as [Server, Server, Server];
    await new Promise<void>(resolve => tcp.listen(0, '127.0.0.1', resolve));
    await new Promise<void>(resolve => tcp6.listen(0, '::1', resolve));
    await new Promise<void>(resolve => unix.listen(join(folder, 'a socket'), resolve));
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  });

  test('of each kind', async () => {
    const [port, port6] = servers.map(server => (server.address() as AddressInfo).port);
    const path = join(folder, 'a socket');
    const answer = `show $(stat)\n${'x'.repeat(200_000)}ended: 0\n`;
    for (const where of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port6}`, path, `unix:${path}`]) {
      expect(await dial(where)).toBe('ended: 0\n');
      expect(await dial(where, 'show $(stat)')).toBe(answer);
    }
  });

  test('where nobody listens it fails', async () => {
    for (const where of ['127.0.0.1:1', '[::1]:1', join(folder, 'none'), 'nobody.invalid:80'])
      expect(await dial(where, 'show stat')).toBe('ended: 1\n');
  });
});
