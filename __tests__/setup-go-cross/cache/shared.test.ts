import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openLeases } from '../../../src/setup-go-cross/cache/shared/leases.ts';
import { publishModules, shareModules } from '../../../src/setup-go-cross/cache/shared/modules.ts';
import { withRecent } from '../../../src/setup-go-cross/cache/shared/recent.ts';
import { openStore } from '../../../src/setup-go-cross/cache/shared/store.ts';
import { trim } from '../../../src/setup-go-cross/cache/shared/trim.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-shared-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const day = 86_400_000;
const id = (digit: string) => digit.repeat(64);
function age(path: string, ms: number) {
  const time = (Date.now() - ms) / 1000;
  utimesSync(path, time, time);
}

test('the folder comes first in GOPROXY, once, and the user’s follow as they are', async () => {
  const settings = { GOMODCACHE: join(root, 'own'), GOPROXY: 'https://a.test|https://b.test,direct' };
  const { env } = (await shareModules(join(root, 'shared'), settings))!;
  expect(env.GOPROXY).toBe(`file://${root}/shared/mod,https://a.test|https://b.test,direct`);
  const again = (await shareModules(join(root, 'shared'), { ...settings, GOPROXY: env.GOPROXY }))!;
  expect(again.env).toEqual(env);
});

test('this job’s downloads are shared for the group; lists of versions and what is there are not', async () => {
  const from = join(root, 'own/cache/download');
  const put = (path: string) => {
    mkdirSync(dirname(join(from, path)), { recursive: true });
    writeFileSync(join(from, path), path);
  };
  for (const name of ['list', 'v1.0.0.zip', 'v1.0.0.mod', 'v1.0.0.info', 'v1.0.0.lock', 'v1.0.0.ziphash'])
    put(`example.com/m/@v/${name}`);
  const { state } = (await shareModules(join(root, 'shared'), { GOMODCACHE: join(root, 'own'), GOPROXY: 'direct' }))!;
  expect(await publishModules({ ...state, since: state.since + 60_000 })).toBe(0); // all older than the job
  expect(await publishModules(state)).toBe(3);
  const folder = join(root, 'shared/mod/example.com/m/@v');
  expect(readdirSync(folder).sort()).toEqual(['v1.0.0.info', 'v1.0.0.mod', 'v1.0.0.zip']);
  expect([statSync(folder).mode & 0o7777, statSync(join(folder, 'v1.0.0.zip')).mode & 0o777]).toEqual([0o2775, 0o664]);
  expect(await publishModules(state)).toBe(0);
});

test('a holder of another machine that gives no sign of life loses its lease; a living one keeps it', async () => {
  const patience = { beat: 100, silence: 600, wait: 10_000 };
  const dead = join(root, 'lease', 'x');
  mkdirSync(dirname(dead));
  writeFileSync(dead, 'another-machine 1\n');
  const leases = await openLeases(root, patience);
  const started = Date.now();
  expect(await leases.fillOrWait('x', async () => undefined)).toBeUndefined();
  expect(Date.now() - started).toBeGreaterThanOrEqual(600);

  const other = await openLeases(root, { ...patience, wait: 1500 });
  const waited = Date.now();
  expect(await other.fillOrWait('x', async () => undefined)).toBeUndefined(); // its own deadline ends the wait
  expect(Date.now() - waited).toBeGreaterThanOrEqual(1500);
  leases.close();
  other.close();
  expect(readdirSync(join(root, 'lease'))).toEqual([]);
});

test('trim removes what nobody used for five days, once a day; an entry in use is made young', async () => {
  const store = openStore(root);
  const used = await store.put(id('a'), id('b'), Buffer.from('used'));
  const stale = await store.put(id('c'), id('d'), Buffer.from('stale'));
  for (const digit of ['a', 'c']) age(join(root, 'action', digit.repeat(2), id(digit)), 6 * day);
  for (const { path } of [used, stale]) age(path, 6 * day);
  expect(await store.get(id('a'))).toMatchObject({ id: id('b') });
  await trim(root);
  expect([existsSync(used.path), existsSync(stale.path)]).toEqual([true, false]);
  expect([await store.get(id('a')), await store.get(id('c'))]).toEqual([expect.anything(), undefined]);

  const later = await store.put(id('e'), id('f'), Buffer.from('later'));
  for (const path of [later.path, join(root, 'action/ee', id('e'))]) age(path, 6 * day);
  await trim(root);
  expect(existsSync(later.path)).toBe(true);
});

/** As many entries as make a list, the same in every call. */
async function fill(store: Awaited<ReturnType<typeof withRecent>>) {
  const actions = Array.from({ length: 16 }, (_, index) => id(index.toString(16)));
  const outputs = [];
  for (const action of actions) outputs.push(await store.put(action, action, Buffer.from(action)));
  await store.save();
  return { actions, outputs };
}

test('what was used within the hour is found without its entry; later the folder is asked, and what is gone is a miss', async () => {
  let now = Date.now();
  const clock = () => now;
  const { actions, outputs } = await fill(await withRecent(openStore(root), clock));
  rmSync(join(root, 'action'), { recursive: true });
  const next = await withRecent(openStore(root), clock);
  expect(await Promise.all(actions.map(next.get))).toEqual(outputs);

  rmSync(outputs[0]!.path);
  writeFileSync(outputs[1]!.path, 'half');
  expect([await next.get(actions[0]!), await next.get(actions[1]!)]).toEqual([undefined, undefined]);
  now += 3_600_001;
  expect(await next.get(actions[2]!)).toBeUndefined();
});

test('two lists written one after the other are one, without what is old or damaged; few new entries write none', async () => {
  let now = Date.now();
  const clock = () => now;
  const file = join(root, 'recent/entries');
  const few = await withRecent(openStore(root), clock);
  await few.put(id('a'), id('b'), Buffer.from('few'));
  await few.save();
  expect(existsSync(file)).toBe(false);

  const old = await withRecent(openStore(root), clock);
  await fill(old);
  now += 3_600_001;
  const [one, two] = [await withRecent(openStore(root), clock), await withRecent(openStore(root), clock)];
  writeFileSync(file, `${readFileSync(file, 'utf8')}${id('f')} ../../../etc/passwd 1 2 3\nhalf a line`);
  const wide = (digit: string) => (index: number) => `${digit}${index.toString(16)}`.padEnd(64, '0');
  for (const [store, name] of [
    [one, wide('1')],
    [two, wide('2')],
  ] as const) {
    for (let index = 0; index < 16; index++) await store.put(name(index), id('e'), Buffer.from('x'));
    await store.save();
  }
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map(line => line.slice(0, 64)).sort()).toEqual(
    [wide('1'), wide('2')].flatMap(name => Array.from({ length: 16 }, (_, index) => name(index))).sort(),
  );
});
