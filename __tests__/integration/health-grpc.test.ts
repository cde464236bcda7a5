import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GateOptions, gate, type ProbeOptions, parseChecks, probe } from '../../src/core/health/index.ts';
import { httpServer, tcpServer } from '../core/health/servers.ts';
import { type Authority, makeAuthority } from './certificates.ts';
import { describeWith } from './lab.ts';

/** A server of grpc-go with its health service; `set` changes what it says of a service. */
async function startServer(program: string, ...args: string[]) {
  const child: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  const address = await next();
  return {
    address,
    set: async (service: string, status: string) => {
      child.stdin!.write(`${service === '' ? '-' : service} ${status}\n`);
      await next();
    },
    /** Stops its process, or lets it go on. */
    freeze: (signal: 'SIGSTOP' | 'SIGCONT') => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.stdin!.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** Passes connections on, and counts them. */
async function counted(address: string) {
  let count = 0;
  const server = await tcpServer(socket => {
    count++;
    const onward = connect({ host: '127.0.0.1', port: Number(address.split(':').at(-1)) });
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  return { ...server, connections: () => count };
}

const look = (text: string, options: ProbeOptions = {}) => probe(parseChecks(text)[0]!, { timeout: 3000, ...options });

await describeWith(['peer:grpc-health', 'package:openssl'], 'gRPC health of grpc-go', lab => {
  const program = lab['peer:grpc-health'];
  let folder: string;
  let authority: Authority;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-grpc-'));
    authority = await makeAuthority(folder);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  test('Check: the server, a service, one that is not serving, one that nobody knows', async () => {
    await using server = await startServer(program);
    expect(await look(`grpc ${server.address}`)).toMatchObject({ ok: true, detail: 'the server is SERVING' });
    await server.set('shop.Cart', 'NOT_SERVING');
    const down = await look(`grpc ${server.address} service shop.Cart`);
    expect(down).toMatchObject({ ok: false, reason: 'not-serving', retriable: true });
    expect(down.detail).toBe('the service shop.Cart is NOT_SERVING');
    await server.set('shop.Cart', 'SERVING');
    expect(await look(`grpc ${server.address} service shop.Cart`)).toMatchObject({ ok: true });
    const unknown = await look(`grpc ${server.address} service shop.Card`);
    expect(unknown).toMatchObject({ ok: false, reason: 'not-serving', retriable: true });
    expect(unknown.detail).toContain('the service shop.Card is not known there');
  });

  test('Watch: waits on one stream until the service is ready', async () => {
    await using server = await startServer(program);
    await server.set('shop.Cart', 'NOT_SERVING');
    const waiting = look(`grpc ${server.address} service shop.Cart watch`);
    setTimeout(() => void server.set('shop.Cart', 'SERVING'), 300);
    const seen = await waiting;
    expect(seen).toMatchObject({ ok: true, detail: 'the service shop.Cart is SERVING' });
    expect(seen.ms).toBeGreaterThan(250);
    expect(seen.ms).toBeLessThan(1000);
    await server.set('shop.Cart', 'NOT_SERVING');
    const began = performance.now();
    const never = await look(`grpc ${server.address} service shop.Cart watch`, { timeout: 400 });
    expect(performance.now() - began).toBeLessThan(500);
    expect(never).toMatchObject({ ok: false, reason: 'not-serving', detail: 'the service shop.Cart is NOT_SERVING' });
  });

  test('a gate holds only while it serves', async () => {
    await using server = await startServer(program);
    setTimeout(() => void server.set('', 'NOT_SERVING'), 300);
    const result = await gate(parseChecks(`grpc ${server.address}`), { deadline: 1200, hold: 800 });
    expect(result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'not-serving' });
  });

  describe('a Watch stream that a gate keeps open', () => {
    type Told = { at: number; ok: boolean; detail: string };
    /** Attempts of a gate, told as they end; `then` is called after the first one. */
    const watched = async (text: string, options: Partial<GateOptions>, then: () => unknown = () => undefined) => {
      const told: Told[] = [];
      const result = await gate(parseChecks(text), {
        deadline: 3000,
        ...options,
        onAttempt: ({ observation: { ok, detail } }) => {
          told.push({ at: performance.now(), ok, detail });
          if (told.length === 1) void then();
        },
      });
      return { told, check: result.checks[0]! };
    };

    test('a change is seen at once, however long the period is', async () => {
      await using server = await startServer(program);
      let changed = Number.POSITIVE_INFINITY;
      const { told } = await watched(
        `grpc ${server.address} watch`,
        { period: 3000, deadline: 10_000, successes: 2, failures: 1 },
        () => {
          setTimeout(() => {
            changed = performance.now();
            void server.set('', 'NOT_SERVING');
          }, 200);
        },
      );
      expect(told.map(one => [one.ok, one.detail])).toEqual([
        [true, 'the server is SERVING'],
        [false, 'the server is NOT_SERVING'],
      ]);
      expect(told[1]!.at - changed).toBeLessThan(1000); // some milliseconds; nothing near the period
    });

    test('one stream serves all attempts, and a moment between two of them is not missed', async () => {
      await using server = await startServer(program);
      await using counting = await counted(server.address);
      const { told, check } = await watched(
        `grpc 127.0.0.1:${counting.port} watch`,
        { period: 300, hold: 1500 },
        async () => {
          await server.set('', 'NOT_SERVING');
          await server.set('', 'SERVING');
        },
      );
      expect(check).toMatchObject({ verdict: 'passed', failures: 1 });
      expect(told.find(one => !one.ok)?.detail).toMatch(
        /is SERVING, but was NOT_SERVING since the last attempt|is NOT_SERVING/,
      );
      expect(told.length).toBeGreaterThan(4);
      expect(counting.connections()).toBe(1);
    });

    test('a server that says goodbye to old connections fails nothing', async () => {
      await using server = await startServer(program, '-age', '300ms');
      await using counting = await counted(server.address);
      const { check } = await watched(`grpc 127.0.0.1:${counting.port} watch`, {
        period: 50,
        hold: 2000,
        deadline: 10_000,
      });
      expect(check).toMatchObject({ verdict: 'passed', failures: 0 });
      expect(counting.connections()).toBeGreaterThan(1);
    });

    test('a stream that says SERVING while nobody answers any more is a failure', async () => {
      await using server = await startServer(program);
      const options = { period: 100, hold: 2900, attemptTimeout: 300, failures: 1 };
      const { check } = await watched(`grpc ${server.address} watch`, options, () => server.freeze('SIGSTOP'));
      server.freeze('SIGCONT');
      expect(check).toMatchObject({ verdict: 'failed', reason: 'timeout' });
      expect(check.detail).toContain('no answer within 300ms: time ran out while waiting for the first byte');
    });

    test('a connection that breaks, and a server that ends the stream, say so', async () => {
      const server = await startServer(program);
      const { check, told } = await watched(
        `grpc ${server.address} watch`,
        { period: 3000, deadline: 10_000, hold: 9000, failures: 1 },
        () => server[Symbol.asyncDispose](),
      );
      expect(check.verdict).toBe('failed');
      expect(told.at(-1)!.detail).toMatch(/the watch ended: |refused the connection/);
      await using none = await startServer(program, '-none');
      const missing = await watched(`grpc ${none.address} watch`, {});
      expect(missing.check).toMatchObject({ verdict: 'failed', reason: 'not-serving', attempts: 1 });
      expect(missing.check.detail).toContain('the server has no health service');
    });
  });

  test('a server without the health service is not asked again', async () => {
    await using server = await startServer(program, '-none');
    const seen = await look(`grpc ${server.address}`);
    expect(seen).toMatchObject({ ok: false, reason: 'not-serving', retriable: false });
    expect(seen.detail).toContain('the server has no health service (grpc.health.v1)');
  });

  test('TLS: trusted by its authority, refused without, and plain where TLS is wanted', async () => {
    const [from, to] = [new Date(Date.now() - 60_000), new Date(Date.now() + 86_400_000)];
    const pair = await authority.sign('grpc', '127.0.0.1', from, to);
    await using server = await startServer(program, '-certificate', pair.certificate, '-key', pair.key);
    expect(await look(`grpc ${server.address} tls ca ${authority.certificate}`)).toMatchObject({
      ok: true,
      certificate: { subject: '127.0.0.1' },
    });
    expect(await look(`grpc ${server.address} tls`)).toMatchObject({ ok: false, reason: 'tls', retriable: false });
    expect(await look(`grpc ${server.address} tls insecure`)).toMatchObject({ ok: true });
    expect(await look(`grpc ${server.address}`)).toMatchObject({ ok: false });
    await using plain = await startServer(program);
    expect(await look(`grpc ${plain.address} tls`)).toMatchObject({ ok: false, reason: 'tls' });
  });

  test('over a unix socket', async () => {
    const path = join(folder, 'grpc.sock');
    await using _server = await startServer(program, '-socket', path);
    expect(await look(`grpc unix:${path}`)).toMatchObject({ ok: true });
  });

  test('what is no gRPC, and what dies, says so', async () => {
    await using http = await httpServer((_, response) => response.end());
    expect(await look(`grpc 127.0.0.1:${http.port}`)).toMatchObject({ ok: false });
    const server = await startServer(program);
    const { address } = server;
    await server[Symbol.asyncDispose]();
    expect(await look(`grpc ${address}`)).toMatchObject({ ok: false, reason: 'refused' });
  });
});
