import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import { gate, type ProbeOptions, parseChecks, probe } from '../../../src/core/health/index.ts';
import { httpServer, tcpServer } from './servers.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const look = (text: string, options: ProbeOptions = {}) => probe(parseChecks(text)[0]!, { timeout: 1000, ...options });

describe('connections that end in each phase', () => {
  const server = (after: 'connect' | 'hello' | 'request') =>
    tcpServer(socket => {
      if (after === 'connect') return socket.resetAndDestroy();
      return void socket.once('data', () => (after === 'hello' ? socket.resetAndDestroy() : socket.end()));
    });

  test.each([
    ['tls', 'connect', 'reset'],
    ['tls', 'hello', 'reset'],
    ['tls', 'request', 'reset'],
    ['https', 'hello', 'reset'],
    ['grpc', 'connect', 'reset'],
    ['grpc', 'request', 'reset'],
  ] as const)('%s, after the %s: %s', async (kind, after, reason) => {
    await using one = await server(after);
    const place = `127.0.0.1:${one.port}`;
    const seen = await look(kind === 'https' ? `https://${place}/` : `${kind} ${place}`);
    expect(seen).toMatchObject({ ok: false, reason, retriable: true });
  });

  test.each(['tls', 'grpc', 'https'])('%s: silence ends with the attempt', async kind => {
    await using silent = await tcpServer(() => undefined);
    const place = `127.0.0.1:${silent.port}`;
    const began = performance.now();
    const seen = await look(kind === 'https' ? `https://${place}/` : `${kind} ${place}`, { timeout: 200 });
    expect(performance.now() - began).toBeLessThan(300);
    expect(seen).toMatchObject({ ok: false, reason: 'timeout' });
  });
});

describe('a clock that jumps', () => {
  const now = Date.now;
  afterEach(() => {
    Date.now = now;
  });

  test.each([
    ['a day forward', 86_400_000],
    ['a day back', -86_400_000],
  ])('%s: deadline, hold and latencies do not notice', async (_, jump) => {
    await using server = await httpServer((_request, response) => response.end());
    setTimeout(() => {
      Date.now = () => now() + jump;
    }, 100);
    const began = performance.now();
    const result = await gate(parseChecks(server.url), { deadline: 5000, hold: 400 });
    expect(performance.now() - began).toBeGreaterThan(380);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(result.checks[0]).toMatchObject({ verdict: 'passed', failures: 0 });
    expect(result.checks[0]!.latency.p99).toBeLessThan(1000);
  });
});

test('thousands of attempts leave nothing behind', async () => {
  await using server = await httpServer((request, response) =>
    request.url === '/bad' ? response.socket!.destroy() : response.end('x'.repeat(1000)),
  );
  const attempts = async (count: number) => {
    for (let index = 0; index < count; index += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, one) => look(one % 4 === 0 ? `${server.url}bad` : server.url)));
    }
  };
  await attempts(400);
  collect();
  const [before, handles] = [process.memoryUsage().heapUsed, process.getActiveResourcesInfo().length];
  await attempts(2000);
  collect();
  // 2000 attempts that each left one kilobyte behind would show.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2e6);
  expect(process.getActiveResourcesInfo().length).toBeLessThan(handles + 30);
});
