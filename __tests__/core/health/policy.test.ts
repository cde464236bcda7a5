import { describe, expect, test } from '@jest/globals';
import { type GateOptions, gate, parseEveryCheck } from '../../../src/core/health/index.ts';
import { type Observation, ProbeFailure } from '../../../src/core/health/observation.ts';
import type { Reach } from '../../../src/core/health/reach.ts';
import { judge, Tally } from '../../../src/core/health/tally.ts';
import { freePort, httpServer } from './servers.ts';

const pass = (text: string, options: Partial<GateOptions> = {}) =>
  gate(parseEveryCheck(text), { deadline: 5000, ...options });

describe('each check by its own policy', () => {
  test('period, successes and deadline of one do not change the other', async () => {
    let count = 0;
    await using server = await httpServer((request, response) =>
      response.writeHead(request.url === '/bad' ? 503 : 200).end(`${count++}`),
    );
    const began = performance.now();
    const result = await pass(`${server.url} period 20ms successes 6\n${server.url}bad deadline 300ms period 100ms`);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(result.verdict).toBe('failed');
    expect(result.checks.map(one => one.attempts)).toEqual([6, 3]);
  });

  test('so many failures in a row are the end', async () => {
    const result = await pass(`http://127.0.0.1:${await freePort()}/ failures 3 period 20ms`);
    expect(result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'refused', attempts: 3 });
    expect(result.checks[0]!.detail).toContain('(3 failures in a row)');
  });

  test('its own time for one attempt', async () => {
    await using server = await httpServer(() => undefined);
    const result = await pass(`${server.url} timeout 50ms failures 2`);
    expect(result.checks[0]).toMatchObject({
      reason: 'timeout',
      lastFailure: { detail: expect.stringContaining('within 50ms') },
    });
  });

  test('a check that only warns changes no verdict, and is not waited for', async () => {
    await using server = await httpServer((request, response) =>
      response.writeHead(request.url === '/bad' ? 503 : 200).end(),
    );
    const began = performance.now();
    const result = await pass(`${server.url}\n${server.url}bad warn-only`, { successes: 3 });
    expect(performance.now() - began).toBeLessThan(2000);
    expect(result.verdict).toBe('passed');
    expect(result.checks[1]).toMatchObject({ verdict: 'passed', warned: true, reason: 'status' });
    const alone = await pass(`${server.url}bad warn-only`, { deadline: 300 });
    expect(alone).toMatchObject({ verdict: 'passed', checks: [{ warned: true }] });
  });

  test('what depends on others begins when they have passed, and is not tried when they fail', async () => {
    let ready = false;
    const seen: string[] = [];
    await using server = await httpServer((request, response) => {
      if (request.url === '/app') seen.push(`app ${ready}`);
      response.writeHead(request.url === '/db' && !ready ? 503 : 200).end();
    });
    setTimeout(() => {
      ready = true;
    }, 200);
    const item = (path: string, more: string) => `- {url: "${server.url}${path}", name: ${path}${more}}`;
    const good = await pass(`${item('app', ', depends-on: db')}\n${item('db', '')}`);
    expect(good.verdict).toBe('passed');
    expect(seen).toEqual(['app true']);
    const bad = await pass(`${item('app', ', depends-on: [gone]')}\n- {tcp: "127.0.0.1:1", name: gone, failures: 1}`);
    expect(bad.verdict).toBe('failed');
    expect(bad.checks[0]).toMatchObject({ verdict: 'inconclusive', reason: 'depends-on', attempts: 0 });
    expect(bad.checks[0]!.detail).toContain('it depends on gone');
  });

  test('a latency budget needs its samples', async () => {
    await using server = await httpServer((_, response) => response.end());
    const good = await pass(`${server.url} latency "p90 < 1s over 15" period 10ms`);
    expect(good.checks[0]).toMatchObject({ verdict: 'passed', attempts: 15 });
    const few = await pass(`${server.url} latency "p95 < 1s over 1000" period 50ms`, { deadline: 400 });
    expect(few.checks[0]).toMatchObject({ verdict: 'inconclusive', reason: 'latency' });
  });

  test('a slow one fails its budget, though every answer is good', async () => {
    await using server = await httpServer((_, response) => setTimeout(() => response.end(), 40));
    const result = await pass(`${server.url} latency "p50 < 20ms over 5" period 10ms`, { deadline: 600 });
    expect(result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'latency', failures: 0 });
    expect(result.checks[0]!.detail).toMatch(/p50 is \d+ms; wanted: p50 < 20ms over 5/);
  });
});

describe('a latency budget counts the last samples', () => {
  const observed = (ms: number) => ({ ok: true, ms, detail: 'fine', retriable: true }) as Observation;
  test('slow answers of the start are forgotten', () => {
    const tally = new Tally();
    const latency = { share: 0.5, limit: 100, over: 4 };
    for (const ms of [900, 900, 900, 900]) tally.add(observed(ms), 0);
    expect(judge(tally, { latency }, false)).toBeUndefined();
    for (const ms of [10, 10, 10]) tally.add(observed(ms), 0);
    expect(judge(tally, { latency }, false)).toMatchObject({ verdict: 'passed' });
  });
});

describe('what runs must stay the same', () => {
  /** A host on which the unit's process is what the test says at each look. */
  const host = (pids: () => number): Reach => ({
    run: async () => ({
      code: 0,
      stdout: `LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=${pids()}\nNRestarts=0\n`,
      stderr: '',
    }),
    cluster: () => Promise.reject(new ProbeFailure('no-access', 'none')),
    registry: () => Promise.reject(new ProbeFailure('no-access', 'none')),
  });

  test('the same process for a second at least', async () => {
    const began = performance.now();
    const result = await pass('unit a.service', { reach: host(() => 7) });
    expect(result.verdict).toBe('passed');
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  test('one that is replaced again and again is not healthy, though it is up at every look', async () => {
    let pid = 1;
    const result = await pass('unit a.service', { reach: host(() => pid++), deadline: 1600 });
    expect(result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'replaced', failures: 0 });
    expect(result.checks[0]!.detail).toMatch(/was replaced or restarted \d+ times/);
  });

  test('a gate without hosts says so at once', async () => {
    expect(await pass('unit a.service')).toMatchObject({
      checks: [{ verdict: 'failed', reason: 'no-access', attempts: 1 }],
    });
  });
});

describe('a watch', () => {
  test('goes on through failures, and judges by the share of good attempts', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => response.writeHead(count++ % 5 === 4 ? 401 : 200).end());
    const watch = (availability: number) => pass(server.url, { availability, deadline: 600, period: 40 });
    const lenient = await watch(0.5);
    expect(lenient.checks[0]).toMatchObject({ verdict: 'passed' });
    expect(lenient.checks[0]!.attempts).toBeGreaterThan(8);
    expect(lenient.checks[0]!.detail).toMatch(
      /good for [\d.]+% of .*, in \d+ of \d+ attempts, \d incidents, last: status 401/,
    );
    const strict = await watch(1);
    expect(strict.checks[0]).toMatchObject({ verdict: 'failed', reason: 'availability' });
    expect(strict.checks[0]!.detail).toContain('wanted: 100%');
    expect(strict.checks[0]!.series.reduce((sum, one) => sum + one.failures, 0)).toBe(strict.checks[0]!.failures);
  });

  test('a server that falls silent before its end was not there all the time', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => void (count++ < 3 && response.end()));
    const silent = await pass(server.url, { availability: 1, deadline: 2500, period: 40 });
    expect(silent.checks[0]).toMatchObject({ verdict: 'failed', reason: 'availability', failures: 1 });
  });

  test('an answer that hangs counts for as long as it hangs, not as one of many', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => void (count++ === 5 || response.end()));
    const options = { deadline: 2000, period: 20, attemptTimeout: 1000 };
    const result = await pass(server.url, { ...options, availability: 0.9 });
    const { attempts, failures, detail } = result.checks[0]!;
    expect(failures).toBe(1);
    expect((attempts - failures) / attempts).toBeGreaterThan(0.9); // by attempts it would have passed
    expect(result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'availability' });
    // a second of two, and what a busy machine adds
    expect(Number(/good for ([\d.]+)%/.exec(detail)?.[1])).toBeLessThan(55);
  });

  test('an answer that is only cut short by its end says nothing', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => void (count++ < 3 && response.end()));
    const cut = await pass(server.url, { availability: 1, deadline: 450, period: 40 });
    expect(cut.checks[0]).toMatchObject({ verdict: 'passed', failures: 0 });
  });
});
