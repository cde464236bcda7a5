import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gate, type ProbeOptions, parseChecks, probe } from '../../src/core/health/index.ts';
import { httpServer } from '../core/health/servers.ts';
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
    [Symbol.asyncDispose]: async () => {
      child.stdin!.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
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
