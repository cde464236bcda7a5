import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gitea, github, gitlab, type Sent } from '../cli/serve/pushes.ts';
import { makeAuthority, selfSigned } from './certificates.ts';
import { eventually } from './eventually.ts';
import { servedPlace } from './serve/place.ts';
import {
  endOf,
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
/** What is loaded into a server. */
const preload = (name: string) => ({ NODE_OPTIONS: `--import=${new URL(`serve/${name}`, import.meta.url).href}` });

let place: Awaited<ReturnType<typeof servedPlace>>;
let folder: string;
let origin: (typeof place)['origin'];

beforeAll(async () => {
  place = await servedPlace();
  ({ folder, origin } = place);
  await place.configure('absent.yml', '  tls: { certificate: absent.pem, key: absent.pem }\n');
  const [one, other] = await Promise.all(['one', 'other'].map(name => selfSigned(folder, name, '127.0.0.1')));
  await place.configure('foreign.yml', `  tls: { certificate: ${one!.certificate}, key: ${other!.key} }\n`);
});
afterAll(() => place.remove());

const main = (after: string, more = {}) => ({ ref: 'refs/heads/main', after, more });

describe('pushes as the forges send them', () => {
  test(
    'GitHub, Gitea and GitLab by token; what is known or part of a newer release is not released again',
    async () => {
      await using _ = { [Symbol.asyncDispose]: () => stop(server) };
      const server = await startServer({ folder, state: 'forges' });
      const sent = { first: github(main(await origin.push('one')), secret) };
      const first = await send(server, sent.first);
      expect(first).toEqual({ status: 202, body: { accepted: true, id: expect.any(String) } });
      expect(await endOf(server, first.body!.id!)).toBe('released');

      const again = [sent.first, { ...sent.first, headers: { ...sent.first.headers, 'x-github-delivery': 'other' } }];
      for (const replayed of again)
        expect(await send(server, replayed)).toMatchObject({
          status: 409,
          body: { why: expect.stringContaining(first.body!.id!) },
        });

      const second = await send(server, gitea(main(await origin.push('two')), secret));
      expect(await endOf(server, second.body!.id!)).toBe('released');
      const third = await send(server, gitlab(main(await origin.push('three')), secret));
      expect(await endOf(server, third.body!.id!)).toBe('released');

      // an old push, said in other words: part of what was released
      const older = await send(server, github(main(await origin.git('rev-parse', 'HEAD~1'), { old: true }), secret));
      expect(await endOf(server, older.body!.id!)).toBe('superseded');
      const elsewhere = await send(server, github(main(await origin.push('elsewhere', 'other')), secret));
      expect(await endOf(server, elsewhere.body!.id!)).toBe('refused');
      // a branch that was set back has the older commit, and that is what is wanted
      await origin.git('push', '-q', '--force', 'origin', 'HEAD~2:refs/heads/main');
      const back = await send(server, gitea(main(await origin.git('rev-parse', 'HEAD~2'), { back: true }), secret));
      expect(await endOf(server, back.body!.id!)).toBe('released');

      const pushes = await statusOf(folder, 'forges');
      expect(pushes.map(({ state }) => state)).toEqual([
        'released',
        'released',
        'released',
        'superseded',
        'refused',
        'released',
      ]);
      expect(await readFile(pushes[0]!.log!, 'utf8')).toContain('verified');
      expect(server.log()).not.toContain(secret);
    },
    limit,
  );

  test(
    'tags, where they are asked for: each under its own name, if its commit is on a branch that is named',
    async () => {
      await place.configure('tags.yml', '  tags: v*\n', 'main');
      const server = await startServer({ folder, state: 'tags', args: ['--config', 'tags.yml'] });
      const tag = async (name: string, ...args: string[]) => {
        await origin.git('tag', ...args, name);
        await origin.git('push', '-q', 'origin', `refs/tags/${name}`);
        return { ref: `refs/tags/${name}`, after: await origin.git('rev-parse', name) };
      };
      const end = async (sent: Sent) => endOf(server, (await send(server, sent)).body!.id!);
      const older = await tag('v0.9.0');
      const commit = await origin.push('tagged');
      expect(await send(server, github(main(commit), secret))).toMatchObject({
        status: 200,
        body: { accepted: false },
      });

      const letGo = place.hold();
      const annotated = await tag('v1.0.0', '-a', '-m', 'one');
      expect(annotated.after).not.toBe(commit);
      const { body } = await send(server, github(annotated, secret));
      const file = join(server.folder, 'queue', `${body!.id}.json`);
      const job = async () => JSON.parse(await readFile(file, 'utf8'));
      await eventually(async () => expect(await job()).toMatchObject({ tag: 'v1.0.0', commit, process: {} }));
      const argv = await readFile(`/proc/${(await job()).process.pid}/cmdline`, 'utf8');
      expect(argv.split('\0')).toContain('--version=v1.0.0');
      letGo();
      expect(await endOf(server, body!.id!)).toBe('released');

      expect(await end(gitlab(older, secret, 'Tag Push Hook'))).toBe('superseded');
      expect(await end(gitea(await tag('v1.0.0-same'), secret))).toBe('released');
      expect(await end(gitea({ ref: 'refs/tags/v7', after: commit }, secret))).toBe('refused'); // there is none
      expect(await end(gitea({ ...annotated, after: 'a'.repeat(40) }, secret))).toBe('refused'); // it is another
      await origin.push('elsewhere', 'other');
      expect(await end(github(await tag('v2.0.0'), secret))).toBe('refused'); // on no branch that is named
      await stop(server);
    },
    limit,
  );

  test(
    'GitLab’s signing token, over TLS with a certificate that is renewed; other addresses are cut off',
    async () => {
      const authority = await makeAuthority(folder);
      const ca = await readFile(authority.certificate);
      const day = 86_400_000;
      const signed = (name: string) =>
        authority.sign(name, '127.0.0.1', new Date(Date.now() - day), new Date(Date.now() + day));
      const [old, renewed] = [await signed('old'), await signed('new')];
      const stranger = await selfSigned(folder, 'stranger', '127.0.0.1');
      for (const kind of ['key', 'certificate'] as const)
        await writeFile(join(folder, `live.${kind}`), await readFile(stranger[kind]));
      const key = `whsec_${randomBytes(32).toString('base64')}`;
      await place.configure(
        'tls.yml',
        '  tls: { certificate: live.certificate, key: live.key }\n  allow-from: 127.0.0.1\n',
      );
      await place.configure('away.yml', '  allow-from: [192.0.2.0/24, 2001:db8::/32]\n');
      const server = await startServer({
        folder,
        state: 'tls',
        args: ['--config', 'tls.yml'],
        env: { SERVE_SECRET: key },
      });
      const push = gitlab(main(await origin.push('tls')), key);
      expect(await send(server, push, { ca })).toMatchObject({ error: expect.stringMatching(/CERT/) });
      for (const pair of [old, renewed]) {
        for (const kind of ['key', 'certificate'] as const)
          await writeFile(join(folder, `live.${kind}`), await readFile(pair[kind]));
        const said = server.log().split('read again').length;
        server.child.kill('SIGHUP');
        while (server.log().split('read again').length === said) await once(server.child.stderr!, 'data');
      }
      const { status, body } = await send(server, push, { ca });
      expect([status, await endOf(server, body!.id!)]).toEqual([202, 'released']);
      expect(await send(server, push)).toEqual({ error: expect.any(String) }); // in plain text
      await stop(server);

      const away = await startServer({ folder, state: 'away', args: ['--config', 'away.yml'] });
      expect(await send(away, github(main('a'.repeat(40)), secret))).toEqual({ error: 'ECONNRESET' });
      await stop(away);
    },
    limit,
  );
});

test.each([
  ['plain text to the world', ['--listen', ':0'], {}, 'TLS_MISSING'],
  ['a port of another program', ['--listen', 'TAKEN'], {}, 'EADDRINUSE'],
  ['a certificate that is not there', ['--config', 'absent.yml'], {}, 'absent.pem cannot be read: ENOENT'],
  ['a key of another certificate', ['--config', 'foreign.yml'], {}, 'are no certificate and its key: '],
  ['a short secret', [], { SERVE_SECRET: 'x'.repeat(31) }, 'has 31 bytes, and needs 32'],
  ['no secret', [], { SERVE_SECRET: undefined }, 'SERVE_SECRET is not set'],
])('%s is not begun: what was seen and what to do, in two lines', async (_, args, env, said) => {
  const server = await startServer({
    folder,
    state: 'none',
    args: args.map(one => one.replace('TAKEN', place.taken)),
    env,
  });
  expect((await server.ended).code).toBe(2);
  expect(server.log()).toContain(said);
  expect(server.log()).toMatch(/^error: .*\n[A-Z].*\n$/);
});

/** Bytes that a server has in use, and that are resident. */
async function memoryOf(server: Server): Promise<{ used: number; resident: number }> {
  const said = () => [...server.log().matchAll(/in use (\d+) of (\d+)\n/g)];
  const { length } = said();
  server.child.kill('SIGUSR2');
  await eventually(async () => expect(said().length).toBeGreaterThan(length));
  const [, used, resident] = said().at(-1)!;
  return { used: Number(used), resident: Number(resident) };
}

/** The same when it no longer changes: connections that were cut off take a moment to be gone. */
async function settled(server: Server): Promise<{ used: number; resident: number }> {
  let now = await memoryOf(server);
  await eventually(async () => {
    const last = now;
    now = await memoryOf(server);
    expect(Math.abs(now.used - last.used)).toBeLessThan(50_000);
  }, 15_000);
  return now;
}

describe('whoever is out there', () => {
  let server: Server;
  let accepted: Sent;
  let commit: string;

  beforeAll(async () => {
    commit = await origin.push('flood');
    server = await startServer({ folder, state: 'flood', env: preload('measure.mjs') });
    accepted = github(main(commit), secret);
    const { body } = await send(server, accepted);
    expect(await endOf(server, body!.id!)).toBe('released');
    slow = [cutOff('POST / HTTP/1.1\r\nx-', true), cutOff(`${head}content-length: 100\r\n\r\n`, true), cutOff('')];
  }, limit);
  afterAll(() => stop(server));

  /** They take their time while the other tests run. */
  let slow: Promise<number>[];
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-hub-signature-256: sha256=00\r\n';
  function open() {
    const [host, port] = server.address.split(':') as [string, string];
    return connect({ host, port: Number(port) }).on('error', () => undefined);
  }
  /** Milliseconds until the server ends a connection on which this is sent, and then a letter now and then. */
  async function cutOff(text: string, drips = false): Promise<number> {
    const [socket, begun] = [open(), Date.now()];
    socket.resume().write(text);
    const timer = drips ? setInterval(() => socket.write('x'), 500) : undefined;
    await once(socket, 'close');
    clearInterval(timer);
    return Date.now() - begun;
  }

  const much = 'x'.repeat((1 << 20) + 1);
  const bad: Record<string, { of: (n: number) => Sent; expected: object }> = {
    forged: { of: n => github(main(commit, { n }), `${secret}!`), expected: { status: 401 } },
    replayed: {
      of: n => ({ ...accepted, headers: { ...accepted.headers, 'x-github-delivery': `again-${n}` } }),
      expected: { status: 409 },
    },
    'wrong branch': {
      of: n => github({ ref: `refs/heads/b${n}`, after: commit }, secret),
      expected: { status: 200, body: { accepted: false, why: expect.stringContaining('none of the branches') } },
    },
    oversized: { of: () => ({ headers: accepted.headers, body: much }), expected: { status: 413 } },
  };

  /** Sends many of a kind, eight at a time. */
  async function flood(kind: string, count: number, agent: Agent): Promise<void> {
    const { of, expected } = bad[kind]!;
    let left = count;
    const lane = async () => {
      while (left-- > 0) {
        const answer = await send(server, of(left), kind === 'oversized' ? {} : { agent });
        // who still sends when it is answered may only see that it is cut off
        if (kind === 'oversized' && answer.error !== undefined) continue;
        expect(answer).toMatchObject(expected);
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
  }

  test(
    'a thousand pushes of each bad kind are refused within a minute, and memory stays',
    async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      for (const kind of Object.keys(bad)) await flood(kind, 150, agent); // what is loaded and compiled once
      const [before, begun] = [await settled(server), Date.now()];
      const took: string[] = [];
      for (const kind of Object.keys(bad)) {
        const from = Date.now();
        await flood(kind, 1000, agent);
        took.push(`${kind} ${Date.now() - from} ms`);
      }
      const all = Date.now() - begun;
      const after = await settled(server);
      agent.destroy();
      process.stderr.write(`a thousand of each: ${took.join(', ')}; bytes ${JSON.stringify([before, after])}\n`);
      expect(all).toBeLessThan(60_000);
      expect(after.used - before.used).toBeLessThan(500_000);
      expect(after.resident).toBeLessThan(200e6);
      expect(await readdir(join(server.folder, 'queue'))).toHaveLength(2); // the push and its log
      expect(server.log().length).toBeLessThan(20_000);
    },
    limit,
  );

  test.each<[string, Partial<Sent['headers']>, object, number]>([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, {}, 415],
    ['another type', { 'content-type': 'application/json5' }, {}, 415],
    ['packed', { 'content-encoding': 'gzip' }, {}, 415],
    ['GET', {}, { method: 'GET' }, 405],
    ['another path', {}, { path: '/hook' }, 404],
  ])('%s is refused', async (_, headers, options, status) => {
    const sent = github(main(commit, { other: 1 }), secret);
    expect(
      await send(server, { ...sent, headers: { ...sent.headers, ...headers } as Sent['headers'] }, options),
    ).toMatchObject({ status });
  });

  test(
    'who sends slowly or nothing is cut off; who sends without end too, at once',
    async () => {
      const endless = `${head}transfer-encoding: chunked\r\n\r\n${`10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(20)}`;
      expect(await cutOff(endless)).toBeLessThan(5000);
      for (let n = 0; n < 60; n++) {
        const socket = open();
        await new Promise(resolve => socket.write(`${head}content-length: 100\r\n\r\nhalf`, resolve));
        socket.destroy();
      }
      for (const took of await Promise.all(slow)) expect(took).toBeLessThan(20_000);
    },
    limit,
  );

  test('connections beyond the bound are closed, those within are served, and the log stays short', async () => {
    const many = Array.from({ length: 200 }, open);
    await Promise.all(many.map(socket => once(socket, 'connect').catch(() => undefined)));
    for (const socket of many) socket.destroy();
    const forged = github(main(commit, { meanwhile: 1 }), `${secret}!`);
    await eventually(async () => expect(await send(server, forged)).toMatchObject({ status: 401 }));
    expect(server.log()).not.toContain('could not be taken');
    expect(server.log().split('\n').length).toBeLessThan(150);
  });
});

describe('a server that is killed', () => {
  /** Kills a server at a step of what it does to its queue, starts it again. @returns whether there was such a step */
  async function killedAt(step: number): Promise<boolean> {
    const state = `killed-${step}`;
    const start = { folder, state, args: ['--config', 'nothing.yml'] };
    const server = await startServer({ ...start, env: { ...preload('kill-at.mjs'), KILL_AT: String(step) } });
    const push = github(main(await origin.git('rev-parse', 'refs/remotes/origin/main'), { step }), secret);
    const { status, body } = await send(server, push);
    if (status === 202) await Promise.race([server.ended, endOf(server, body!.id!)]);
    server.child.kill('SIGTERM');
    const killed = (await server.ended).signal === 'SIGKILL';

    const next = await startServer(start);
    // who was told of nothing sends it again, as a person does whom the forge shows a failure
    const again = status === 202 ? undefined : await send(next, push);
    if (again !== undefined) expect([202, 409]).toContain(again.status);
    const [only, ...more] = (await readdir(join(next.folder, 'queue'))).filter(name => name.endsWith('.json'));
    expect(more).toEqual([]);
    const id = basename(only!, '.json');
    if (status === 202) expect(id).toBe(body!.id);
    expect([step, await endOf(next, id)]).toEqual([step, 'failed']);
    expect(await readFile(join(next.folder, 'queue', `${id}.log`), 'utf8')).toContain('CONFIG_EMPTY'); // the release ran
    await stop(next);
    const left = (await readdir(next.folder, { recursive: true })).filter(name => name.endsWith('.part'));
    expect(left).toEqual([]);
    return killed;
  }

  test(
    'loses no push that it has accepted, whichever step of the queue it was at',
    async () => {
      await origin.push('killed');
      await writeFile(
        join(folder, 'nothing.yml'),
        (await readFile(join(folder, 'slipway.yml'), 'utf8')).replace(/^verify.*$/m, ''),
      );
      let [step, last] = [0, Number.POSITIVE_INFINITY];
      const lane = async () => {
        for (let own = ++step; own < last; own = ++step) if (!(await killedAt(own))) last = Math.min(last, own);
      };
      await Promise.all(Array.from({ length: 4 }, lane));
      process.stderr.write(`killed at ${last - 1} steps\n`);
      expect(last).toBeGreaterThan(24);
    },
    limit * 2,
  );

  test(
    'in the middle of a release: that one is waited for, one runs at a time, and newer pushes are in the end released',
    async () => {
      const letGo = place.hold();
      const server = await startServer({ folder, state: 'middle' });
      const accept = async (to: Server, text: string) =>
        (await send(to, github(main(await origin.push(text)), secret))).body!.id!;
      const first = await accept(server, 'begun');
      await eventually(async () => expect(await stateOf(server, first)).toBe('running'));
      const [second, third] = [await accept(server, 'waits'), await accept(server, 'newest')];
      await killInRelease(server, first);
      const taken = await startSuccessor({ folder, state: 'middle' });
      expect(await stateOf(taken, first)).toBe('running');
      const other = await startServer({ folder, state: 'middle' });
      expect([(await other.ended).code, other.log()]).toEqual([1, expect.stringContaining('STATE_TAKEN')]);
      letGo();
      expect(await endOf(taken, third)).toBe('released');
      expect([await endOf(taken, second), await endOf(taken, first)]).toEqual(['superseded', 'superseded']);
      await stop(taken);
    },
    limit,
  );

  test(
    'one that is ended in the middle of a release interrupts it, and does it again',
    async () => {
      const letGo = place.hold();
      const server = await startServer({ folder, state: 'ended' });
      const { body } = await send(server, gitea(main(await origin.push('interrupted')), secret));
      await eventually(async () => expect(await stateOf(server, body!.id!)).toBe('running'));
      await stop(server);
      expect(await stateOf(server, body!.id!)).toBe('waiting');
      letGo();
      const again = await startServer({ folder, state: 'ended' });
      expect(await endOf(again, body!.id!)).toBe('released');
      await stop(again);
    },
    limit,
  );
});
