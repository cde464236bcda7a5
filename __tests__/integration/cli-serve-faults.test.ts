import { once } from 'node:events';
import { mkdir, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { github } from '../cli/serve/pushes.ts';
import { eventually } from './eventually.ts';
import { servedPlace } from './serve/place.ts';
import {
  endOf,
  fileOf,
  killInRelease,
  type Server,
  secret,
  send,
  startServer,
  startSuccessor,
  stateOf,
  statusOf,
  stop,
} from './serve/server.ts';

const limit = 120_000;
let place: Awaited<ReturnType<typeof servedPlace>>;
let folder: string;
let origin: (typeof place)['origin'];

beforeAll(async () => {
  place = await servedPlace();
  ({ folder, origin } = place);
});
afterAll(() => place.remove());

/** Pushes a commit, and tells the server. @returns what the push is called */
async function pushed(server: Server, text: string, branch = 'main'): Promise<string> {
  return told(server, await origin.push(text, branch), branch);
}
async function told(server: Server, after: string, branch = 'main'): Promise<string> {
  const { status, body } = await send(server, github({ ref: `refs/heads/${branch}`, after }, secret));
  expect([status, body]).toEqual([202, expect.anything()]);
  return body!.id!;
}
const whyOf = async (state: string, id: string) => (await statusOf(folder, state)).find(one => one.id === id)?.why;

describe('what a killed server leaves', () => {
  test(
    'locks of git are taken away: nobody else works there',
    async () => {
      const server = await startServer({ folder, state: 'locks' });
      expect(await endOf(server, await pushed(server, 'before'))).toBe('released');
      await stop(server);
      for (const name of [
        'refs/remotes/origin/main.lock',
        'HEAD.lock',
        'index.lock',
        'config.lock',
        'packed-refs.lock',
      ]) {
        const lock = join(server.folder, 'source', '.git', name);
        await mkdir(dirname(lock), { recursive: true });
        await writeFile(lock, '');
      }
      const next = await startServer({ folder, state: 'locks' });
      expect(await endOf(next, await pushed(next, 'after'))).toBe('released');
      await stop(next);
    },
    limit,
  );

  test(
    'a release that it had no time to write down is found and waited for',
    async () => {
      const letGo = place.hold();
      const server = await startServer({ folder, state: 'unknown' });
      const id = await pushed(server, 'unknown');
      await killInRelease(server, id);
      const { process: _, ...job } = JSON.parse(await readFile(fileOf(server, id), 'utf8'));
      await writeFile(fileOf(server, id), JSON.stringify(job));
      const next = await startSuccessor({ folder, state: 'unknown' });
      letGo();
      expect(await endOf(next, id)).toBe('released');
      await stop(next);
    },
    limit,
  );

  test(
    'a push of a branch that slipway.yml names no more is not released',
    async () => {
      const letGo = place.hold();
      const server = await startServer({ folder, state: 'fewer' });
      const first = await pushed(server, 'first');
      await eventually(async () => expect(await stateOf(server, first)).toBe('running'));
      const other = await pushed(server, 'other', 'next');
      await stop(server);
      letGo();
      await place.configure('fewer.yml', '', 'main');
      const next = await startServer({ folder, state: 'fewer', args: ['--config', 'fewer.yml'] });
      expect([await endOf(next, other), await endOf(next, first)]).toEqual(['refused', 'released']);
      await stop(next);
    },
    limit,
  );
});

test(
  'a release that hangs is interrupted at its timeout, also that of a killed server, and the next push comes',
  async () => {
    await place.configure('short.yml', '  timeout: 12s\n');
    const start = { folder, state: 'short', args: ['--config', 'short.yml'] };
    const letGo = place.hold();
    const server = await startServer(start);
    const hung = await pushed(server, 'hung');
    expect(await endOf(server, hung)).toBe('failed');
    expect(await whyOf('short', hung)).toContain('it took longer than 12s');
    const left = await pushed(server, 'left');
    await killInRelease(server, left);
    const next = await startSuccessor(start);
    await eventually(async () => expect(next.log()).toContain(`${left}: it took longer than 12s`));
    letGo();
    expect([await endOf(next, left), await endOf(next, await pushed(next, 'after'))]).toEqual(['released', 'released']);
    await stop(next);
  },
  limit,
);

test(
  'a server that remembers nothing takes an old push for what the branch has now',
  async () => {
    const [old, now] = [await origin.push('old'), await origin.push('now')];
    const server = await startServer({ folder, state: 'first' });
    const id = await told(server, old);
    expect(await endOf(server, id)).toBe('released');
    expect(JSON.parse(await readFile(fileOf(server, id), 'utf8')).commit).toBe(now);
    expect(await endOf(server, await told(server, now))).toBe('superseded');
    await stop(server);
  },
  limit,
);

test(
  'a branch that is gone holds nothing up',
  async () => {
    const server = await startServer({ folder, state: 'gone' });
    const commit = await origin.push('gone', 'next');
    await origin.git('push', '-q', 'origin', ':refs/heads/next');
    const [gone, there] = [await told(server, commit, 'next'), await pushed(server, 'there')];
    expect([await endOf(server, gone), await endOf(server, there)]).toEqual(['refused', 'released']);
    expect(await whyOf('gone', gone)).toContain('the repository has no branch next');
    await stop(server);
  },
  limit,
);

test(
  'a commit with a link where releases are written is refused',
  async () => {
    const server = await startServer({ folder, state: 'linked' });
    for (const link of ['slipway-out', 'slipway-out/sbom']) {
      await mkdir(dirname(join(origin.work, link)), { recursive: true });
      await symlink('../queue', join(origin.work, link));
      const id = await pushed(server, link);
      expect(await endOf(server, id)).toBe('refused');
      expect(await whyOf('linked', id)).toContain(`has the symbolic link ${link}`);
      await rm(join(origin.work, 'slipway-out'), { recursive: true });
    }
    await origin.push('without');
    await stop(server);
  },
  limit,
);

test(
  'a disk that is full in the middle of a release: what became of it is written down when there is space, and new pushes are answered 503',
  async () => {
    const queue = join(folder, 'full', 'queue');
    await mkdir(queue, { recursive: true });
    const mount = (...argv: string[]) => run(argv as [string, ...string[]], { timeout: 30_000 });
    await mount('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', queue);
    try {
      const letGo = place.hold();
      const server = await startServer({ folder, state: 'full' });
      const id = await pushed(server, 'full');
      await eventually(async () => expect(await readFile(fileOf(server, id), 'utf8')).toContain('"process"'));
      await using fill = await open(join(queue, 'fill'), 'w');
      for (const size of [4096, 1])
        for (let done = false; !done; ) done = await isFull(() => fill.write(Buffer.alloc(size)));
      letGo();
      await eventually(async () => expect(server.log()).toContain('"released" cannot be written down: ENOSPC'));
      const more = github({ ref: 'refs/heads/main', after: await origin.push('no space') }, secret);
      expect(await send(server, more)).toMatchObject({ status: 503 });
      await rm(join(queue, 'fill'));
      await fill.truncate();
      expect(await endOf(server, id)).toBe('released');
      const { body } = await send(server, more);
      expect(await endOf(server, body!.id!)).toBe('released');
      await stop(server);
    } finally {
      await mount('umount', '-l', queue);
    }
  },
  limit,
);

async function isFull(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return false;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    return true;
  }
}

test(
  'bodies that come at the same time have bounds together: who has no secret cannot fill the memory',
  async () => {
    await place.configure('large.yml', '  largest: 25MiB\n');
    const server = await startServer({ folder, state: 'large', args: ['--config', 'large.yml'] });
    const [host, port] = server.address.split(':') as [string, string];
    const size = 24 << 20;
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-hub-signature-256: sha256=00\r\ncontent-length: ${size}\r\n\r\n`;
    const answers: string[] = [];
    // all but the last byte: it waits for that one
    const sockets = Array.from({ length: 6 }, () => {
      const socket = connect({ host, port: Number(port) }).on('error', () => undefined);
      socket.on('data', data => answers.push(String(data).split('\r\n')[0]!));
      socket.write(head);
      socket.write(Buffer.alloc(size - 1));
      return socket;
    });
    await eventually(async () => expect(answers).toContain('HTTP/1.1 503 Service Unavailable'));
    expect(answers.filter(one => !one.includes('503'))).toEqual([]);
    for (const socket of sockets) {
      socket.destroy();
      if (!socket.closed) await once(socket, 'close');
    }
    expect(await endOf(server, await pushed(server, 'meanwhile'))).toBe('released');
    await stop(server);
  },
  limit,
);

test('a certificate that is none is not begun with, and the error names both files', async () => {
  for (const name of ['bad.certificate', 'bad.key']) await writeFile(join(folder, name), 'none');
  await place.configure('bad.yml', '  tls: { certificate: bad.certificate, key: bad.key }\n');
  const server = await startServer({ folder, state: 'bad', args: ['--config', 'bad.yml'] });
  expect((await server.ended).code).toBeGreaterThan(0);
  expect(server.log()).toMatch(
    /bad\.certificate and .*bad\.key are no certificate and its key.*\[CERTIFICATE_INVALID\]/,
  );
});
