import { describe, expect, test } from '@jest/globals';
import { type Attempt, type GateOptions, gate, parseChecks } from '../../../src/core/health/index.ts';
import { freePort, httpServer, tcpServer } from './servers.ts';

const pass = (text: string, options: Partial<GateOptions> = {}) =>
  gate(parseChecks(text), { deadline: 5000, ...options });

describe('gate', () => {
  test('waits until a service is there, and notices soon', async () => {
    const port = await freePort();
    const attempts: Attempt[] = [];
    const waiting = pass(`http://127.0.0.1:${port}/`, { successes: 2, onAttempt: attempt => attempts.push(attempt) });
    await new Promise(resolve => setTimeout(resolve, 400));
    const ready = performance.now();
    await using _server = await httpServer((_, response) => response.end(), '127.0.0.1', port);
    const result = await waiting;
    expect(performance.now() - ready).toBeLessThan(300);
    expect(result).toMatchObject({
      verdict: 'passed',
      checks: [{ verdict: 'passed', lastFailure: { reason: 'refused' } }],
    });
    expect(attempts.map(attempt => attempt.number)).toEqual(attempts.map((_, index) => index + 1));
    expect(attempts.at(-1)).toMatchObject({ streak: 2, observation: { ok: true } });
    expect(attempts.length).toBeGreaterThan(3);
  });

  test('a server that answers 200 and then dies does not pass its hold', async () => {
    const server = await httpServer((_, response) => response.end());
    setTimeout(() => server[Symbol.asyncDispose](), 200);
    const result = await pass(server.url, { hold: 400, deadline: 900 });
    expect(result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'refused' });
  });

  test('200 and 503 in turn are not healthy', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => response.writeHead(count++ % 2 ? 503 : 200).end());
    const result = await pass(server.url, { successes: 2, deadline: 2500 });
    expect(result.verdict).toBe('failed');
    expect(['unstable', 'status']).toContain(result.checks[0]!.reason);
    expect(result.checks[0]!.failures).toBeGreaterThan(2);
  });

  test('what waiting does not mend ends at once, unless the caller is patient', async () => {
    let status = 401;
    await using server = await httpServer((_, response) => response.writeHead(status).end());
    const began = performance.now();
    expect(await pass(server.url)).toMatchObject({ verdict: 'failed', checks: [{ attempts: 1, reason: 'status' }] });
    expect(performance.now() - began).toBeLessThan(1000);
    setTimeout(() => {
      status = 200;
    }, 150);
    expect(await pass(server.url, { patient: true })).toMatchObject({ verdict: 'passed' });
  });

  test('ends at its deadline although the server never answers', async () => {
    await using server = await tcpServer(() => undefined);
    const began = performance.now();
    const result = await pass(`${server.url}\ntcp 127.0.0.1:${server.port}`, { deadline: 500, attemptTimeout: 200 });
    expect(performance.now() - began).toBeLessThan(600);
    expect(result.verdict).toBe('failed');
    expect(result.checks.map(check => check.verdict)).toEqual(['failed', 'passed']);
    expect(result.checks[0]).toMatchObject({ reason: 'timeout', lastFailure: { phase: 'firstByte' } });
  });

  test('an attempt that the deadline cuts short says nothing against a healthy service', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => {
      if (count++ < 3) response.end();
    });
    const result = await pass(server.url, { successes: 10, deadline: 400, period: 50 });
    expect(result.checks[0]).toMatchObject({ verdict: 'inconclusive', reason: 'deadline', attempts: 3 });
  });

  test('waits until nobody answers any more', async () => {
    const server = await httpServer((_, response) => response.writeHead(503).end());
    setTimeout(() => server[Symbol.asyncDispose](), 200);
    const result = await pass(`${server.url} down\ntcp 127.0.0.1:${server.port} down`);
    expect(result).toMatchObject({ verdict: 'passed', checks: [{ lastFailure: { reason: 'answer' } }, {}] });
    expect(result.checks[0]!.lastFailure!.detail).toContain('it still answers: status 503');
    expect(result.checks[0]!.detail).toContain('nobody answers');
  });

  test('the rhythm: 50 ms at first, or the period asked for', async () => {
    await using server = await httpServer((_, response) => response.writeHead(503).end());
    const [eager, calm] = await Promise.all([
      pass(server.url, { deadline: 1000 }),
      pass(server.url, { deadline: 1000, period: 300 }),
    ]);
    expect(eager.checks[0]!.attempts).toBeGreaterThanOrEqual(10);
    expect(eager.checks[0]!.attempts).toBeLessThanOrEqual(21);
    expect(calm.checks[0]!.attempts).toBe(4);
  });

  test('many endpoints at once take as long as the slowest', async () => {
    await using server = await httpServer((_, response) => setTimeout(() => response.end(), 500));
    const text = Array.from({ length: 200 }, (_, index) => `${server.url}${index}`).join('\n');
    const began = performance.now();
    const result = await pass(text);
    expect(result.verdict).toBe('passed');
    expect(result.checks).toHaveLength(200);
    expect(performance.now() - began).toBeLessThan(5000); // one after the other takes 100 s
  });

  test('cancelled: the reason of the signal', async () => {
    const reason = new Error('cancelled');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    await expect(pass(`http://127.0.0.1:${await freePort()}/`, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('nothing to check, and a hold that does not fit, are errors', async () => {
    await expect(pass('')).rejects.toMatchObject({ code: 'CHECKS_MISSING' });
    await expect(pass('http://a', { hold: 5000 })).rejects.toMatchObject({ code: 'HOLD_TOO_LONG' });
  });
});
