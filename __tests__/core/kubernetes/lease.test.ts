import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { acquireLease, connectCluster, fenced } from '../../../src/core/kubernetes/index.ts';

/** An API server with one lease and one thing, which can be away, lose an answer, and be written to by others. */
async function server(first?: object) {
  let version = 1;
  const store = {
    lease: first && {
      kind: 'Lease',
      metadata: { name: 'a', resourceVersion: '1' },
      spec: first as Record<string, unknown>,
    },
    /** Status of every answer, instead of the real one. */
    away: undefined as number | undefined,
    /** Only writes are away. */
    deaf: false,
    /** Answers of writes that are lost on the way. */
    loseAnswers: 0,
    leaseWrites: [] as string[],
    /** What somebody else does once, just before the next write of the lease. */
    before: undefined as (() => void) | undefined,
    things: 0,
  };
  const set = (spec: object | undefined) => {
    store.lease = spec && {
      kind: 'Lease',
      metadata: { name: 'a', resourceVersion: String(++version) },
      spec: spec as never,
    };
    return store.lease;
  };
  const listener = createServer((request, response) => {
    let body = '';
    request.on('data', chunk => (body += chunk));
    request.on('end', () => {
      const say = (status: number, answer: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      };
      const refuse = (code: number) =>
        say(code, { kind: 'Status', code, reason: String(code), message: `said ${code}` });
      const writes = request.method !== 'GET';
      if (store.away !== undefined && (writes || !store.deaf)) return refuse(store.away);
      if (request.url === '/things') {
        store.things++;
        return say(200, {});
      }
      if (!writes) return store.lease === undefined ? refuse(404) : say(200, store.lease);
      if (request.method === 'PUT' && store.lease === undefined) return refuse(404);
      const sent = JSON.parse(body);
      store.before?.();
      store.before = undefined;
      if (store.lease !== undefined && sent.metadata.resourceVersion !== store.lease.metadata.resourceVersion)
        return refuse(409);
      store.leaseWrites.push(sent.spec.holderIdentity);
      const now = set(sent.spec)!;
      if (store.loseAnswers-- > 0) return request.socket.destroy();
      say(200, now);
    });
  });
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const kubeconfig = JSON.stringify({
    'current-context': 'fake',
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me', namespace: 'ns' } }],
    clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'me', user: { token: 'tok-123456' } }],
  });
  const cluster = await connectCluster({ kubeconfig });
  open.push(() => {
    cluster.close();
    listener.closeAllConnections();
    listener.close();
  });
  return { cluster, store, set };
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const spec = (holder: string, age: number, seconds = 1) => ({
  holderIdentity: holder,
  renewTime: new Date(Date.now() - age).toISOString().replace('Z', '000Z'),
  leaseDurationSeconds: seconds,
  leaseTransitions: 1,
});
const until = async (what: () => boolean) => {
  const end = Date.now() + 20_000;
  while (!what() && Date.now() < end) await sleep(20);
  expect(what()).toBe(true);
};

describe('taking a lease', () => {
  test('one whose living holder has a clock that is 40 s behind stays his', async () => {
    const { cluster, store, set } = await server(spec('other run', 40_000));
    const renewing = setInterval(() => set(spec('other run', 40_000)), 300);
    try {
      await expect(acquireLease(cluster, { name: 'a', holder: 'me' })).rejects.toThrow(
        expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining('"other run"') }),
      );
    } finally {
      clearInterval(renewing);
    }
    expect(store.leaseWrites).toEqual([]);
  });

  test('one that nobody renews is taken after its duration, though its time is in the future; times have microseconds', async () => {
    const { cluster, store } = await server(spec('dead run', -40_000));
    const waits: string[] = [];
    const began = performance.now();
    const held = await acquireLease(cluster, { name: 'a', holder: 'me', onWait: holder => waits.push(holder) });
    expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
    expect([held.expiredHolder, store.lease!.spec['holderIdentity'], waits]).toEqual(['dead run', 'me', ['dead run']]);
    expect(store.lease!.spec['renewTime']).toMatch(/\.\d{6}Z$/);
    expect(store.lease!.spec['leaseTransitions']).toBe(2);
    await held.release();
    expect(store.lease!.spec['holderIdentity']).toBe('');
  });

  test('while the API server is away nobody can renew: that time does not count', async () => {
    const { cluster, store, set } = await server(spec('other run', 0, 4));
    const taking = acquireLease(cluster, { name: 'a', holder: 'me' });
    taking.catch(() => undefined);
    await sleep(500);
    store.away = 503;
    await sleep(4500);
    store.away = undefined;
    await sleep(1500);
    set(spec('other run', 0, 4));
    await expect(taking).rejects.toMatchObject({ code: 'LOCKED' });
  }, 20_000);

  test.each([
    ['there before', spec('', 0)],
    ['made anew', undefined],
  ])('one whose answer was lost is ours: %s', async (_, first) => {
    const { cluster, store } = await server(first);
    store.loseAnswers = 1;
    const held = await acquireLease(cluster, { name: 'a', holder: 'me' });
    await held.release();
    expect(store.leaseWrites).toEqual(['me', '']);
  });

  test('one that is free and was written to meanwhile is looked at again; one that another took is not', async () => {
    const { cluster, store, set } = await server(spec('', 0));
    store.before = () => set(spec('', 1));
    const held = await acquireLease(cluster, { name: 'a', holder: 'me' });
    await held.release();
    store.before = () => set(spec('other run', 0));
    await expect(acquireLease(cluster, { name: 'a', holder: 'me' })).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('other run'),
    });
  });
});

describe('holding a lease', () => {
  test.each([
    ['taken by another', spec('thief', 0), 'it is now held by "thief"'],
    ['deleted', undefined, 'somebody deleted it'],
  ])('%s: its holder stops', async (_, now, says) => {
    const { cluster, store, set } = await server();
    const held = await acquireLease(cluster, { name: 'a', holder: 'me', duration: 800 });
    set(now);
    await until(() => held.lost.aborted);
    expect(held.lost.reason).toMatchObject({ code: 'LOCK_LOST', message: expect.stringContaining(says) });
    await expect(fenced(cluster, held).request('PATCH', '/things')).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await held.release();
    expect([store.things, store.lease?.spec['holderIdentity']]).toEqual([0, now?.holderIdentity]);
  });

  test('not renewed in time, because the API server answers 503: not one write until it is renewed', async () => {
    const { cluster, store } = await server();
    const held = await acquireLease(cluster, { name: 'a', holder: 'me', duration: 900 });
    const mine = fenced(cluster, held);
    await mine.request('PATCH', '/things');
    expect(store.things).toBe(1);
    store.away = 503;
    const late = mine.request('PATCH', '/things'); // tried again and again, also when the lease may be another's
    await sleep(1500);
    expect(held.lost.aborted).toBe(false);
    store.away = undefined;
    await late;
    expect([store.things, store.leaseWrites.at(-1)]).toEqual([2, 'me']);
    await held.release();
  });

  test('taken while the API server answered 503: the write that waits is never sent', async () => {
    const { cluster, store, set } = await server();
    const held = await acquireLease(cluster, { name: 'a', holder: 'me', duration: 900 });
    store.away = 503;
    const late = fenced(cluster, held).request('PATCH', '/things');
    late.catch(() => undefined);
    await sleep(1200);
    set(spec('thief', 0));
    store.away = undefined;
    await expect(late).rejects.toMatchObject({ code: 'LOCK_LOST' });
    await held.release();
    expect([store.things, store.lease!.spec['holderIdentity']]).toEqual([0, 'thief']);
  });

  test('that cannot be renewed for too long is given up, whatever the API server is waited for', async () => {
    const { cluster, store } = await server();
    const held = await acquireLease(cluster, { name: 'a', holder: 'me', duration: 300 });
    [store.away, store.deaf] = [503, true];
    await until(() => held.lost.aborted);
    expect(held.lost.reason).toMatchObject({ code: 'LOCK_LOST', message: expect.stringContaining('renewed in time') });
    await held.release();
  });
});
