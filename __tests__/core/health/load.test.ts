import { describe, expect, test } from '@jest/globals';
import { gate, type HttpCheck, parseChecks } from '../../../src/core/health/index.ts';
import { runLoad } from '../../../src/core/health/load.ts';
import { parseLoad } from '../../../src/core/health/load-form.ts';
import { freePort, httpServer } from './servers.ts';

const signal = new AbortController().signal;
const http = (text: string) => parseChecks(text)[0] as HttpCheck;

describe('load', () => {
  test('as many requests as asked for, each in its time, though the answers take long', async () => {
    let seen = 0;
    await using server = await httpServer((_, response) => {
      seen++;
      setTimeout(() => response.end(), 200);
    });
    const began = performance.now();
    const result = await runLoad(http(server.url), { rate: 100, duration: 1000 }, signal);
    expect(performance.now() - began).toBeLessThan(1800);
    expect(seen).toBe(100);
    expect(result).toMatchObject({ requests: 100, errors: 0, unsent: 0 });
    expect(result.latency.p50).toBeGreaterThanOrEqual(195);
    expect(result.latency.p99).toBeLessThan(400);
  });

  test('a server that stops for half a second is seen by all who came meanwhile', async () => {
    let stop: Promise<unknown> | undefined;
    await using server = await httpServer(async (_, response) => {
      stop ??= new Promise(resolve => setTimeout(resolve, 500));
      await stop;
      response.end();
    });
    const { samples } = await runLoad(http(server.url), { rate: 100, duration: 1000 }, signal);
    // With one request after the other there would be one slow sample; here it is half of them.
    expect(samples.filter(ms => ms > 100).length).toBeGreaterThan(30);
    expect(Math.max(...samples)).toBeGreaterThan(450);
  });

  test('errors are counted and named', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => response.writeHead(count++ % 4 === 0 ? 500 : 200).end());
    const result = await runLoad(http(server.url), { rate: 200, duration: 200 }, signal);
    expect(result).toMatchObject({ requests: 40, errors: 10, error: 'status 500 (10 times)' });
    const nobody = await runLoad(http(`http://127.0.0.1:${await freePort()}/`), { rate: 50, duration: 100 }, signal);
    expect(nobody).toMatchObject({ requests: 5, errors: 5, error: 'ECONNREFUSED (5 times)' });
  });

  test('a gate runs it after its check has passed, and judges errors and budget by it', async () => {
    let slow = false;
    await using server = await httpServer((request, response) =>
      setTimeout(() => response.writeHead(request.url === '/bad' && slow ? 500 : 200).end(), slow ? 50 : 0),
    );
    const good = await gate(parseChecks(`${server.url} load "100/s for 300ms" latency "p90 < 2s over 20"`), {
      deadline: 9000,
    });
    expect(good.checks[0]).toMatchObject({ verdict: 'passed', attempts: 1 });
    expect(good.checks[0]!.detail).toContain('30 requests at 100/s for 300ms: p50');
    slow = true;
    const late = await gate(parseChecks(`${server.url} load "100/s for 300ms" latency "p90 < 20ms over 20"`), {
      deadline: 9000,
    });
    expect(late.checks[0]).toMatchObject({ verdict: 'failed', reason: 'latency' });
    const bad = await gate(parseChecks(`${server.url}bad 200,500 load "100/s for 300ms"`), { deadline: 9000 });
    expect(bad.verdict).toBe('passed');
  });

  test('no time is left for it, or it is cancelled', async () => {
    await using server = await httpServer((_, response) => response.end());
    const late = await gate(parseChecks(`${server.url} load "10/s for 5s"`), { deadline: 1000 });
    expect(late.checks[0]).toMatchObject({ verdict: 'inconclusive', reason: 'deadline' });
    const reason = new Error('cancelled');
    await expect(
      runLoad(http(server.url), { rate: 10, duration: 5000 }, AbortSignal.any([AbortSignal.timeout(100)])),
    ).rejects.toThrow();
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 100);
    await expect(
      gate(parseChecks(`${server.url} load "10/s for 5s"`), { deadline: 9000, signal: controller.signal }),
    ).rejects.toBe(reason);
  });

  test.each(['100 for 10s', '100/s', '2000/s for 1s', '1000/s for 10m', '1/s for 10'])('%s is refused', text => {
    expect(() => parseLoad(text)).toThrow();
  });
});
