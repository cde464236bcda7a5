import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openLeases } from '../../../src/setup-go-cross/cache/shared/leases.ts';
import { publishModules, shareModules } from '../../../src/setup-go-cross/cache/shared/modules.ts';
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
