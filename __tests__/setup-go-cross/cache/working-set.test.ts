import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { countIndexes } from '../../../src/setup-go-cross/cache/module-index.ts';
import { backdate, removeAside, removeSince, setAside, unused } from '../../../src/setup-go-cross/cache/working-set.ts';

const hour = 3_600_000;
let root: string;
const folders = () => ({ downloads: join(root, 'mod/cache/download'), build: join(root, 'build') });
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-set-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = '', age = 0) {
  const whole = join(root, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  const time = (Date.now() - age) / 1000;
  utimesSync(whole, time, time);
  return whole;
}
const id = (digit: string) => digit.repeat(64);
const entry = (digit: string, kind: 'a' | 'd') => `build/${digit.repeat(2)}/${id(digit)}-${kind}`;
const action = (digit: string, output: string) =>
  `v1 ${id(digit)} ${id(output)} ${'3'.padStart(20)} ${'1'.padStart(20)}\n`;

test('restored entries look two hours old, older ones and other files stay', async () => {
  const fresh = put(entry('a', 'a'));
  const old = put(entry('b', 'd'), '', 50 * hour);
  const other = put('build/trim.txt', '1');
  const times = [old, other].map(path => statSync(path).mtimeMs);
  await backdate(folders().build);
  expect(Date.now() - statSync(fresh).mtimeMs).toBeGreaterThan(1.9 * hour);
  expect([old, other].map(path => statSync(path).mtimeMs)).toEqual(times);
});

test('what was not used since: old entries, but never the output of an action in use', async () => {
  const since = Date.now();
  put(entry('a', 'a'), action('a', 'b'));
  put(entry('b', 'd'), 'out', 2 * hour);
  const gone = [put(entry('c', 'a'), action('c', 'd'), 2 * hour), put(entry('d', 'd'), 'out', 2 * hour)];
  expect((await unused(folders(), since)).sort()).toEqual(gone);
});

test('an output that is shared keeps no action that nobody asked for', async () => {
  const since = Date.now();
  put(entry('a', 'a'), action('a', 'e'));
  put(entry('e', 'd'));
  const stale = put(entry('c', 'a'), action('c', 'e'), 2 * hour);
  expect(await unused(folders(), since)).toEqual([stale]);
});

test('a module archive that was never unpacked is not used, its go.mod is', async () => {
  const download = 'mod/cache/download/example.com/!upper/m/@v';
  for (const name of ['v1.0.0.zip', 'v1.0.0.mod', 'v2.0.0.zip', 'v2.0.0.ziphash', 'v2.0.0.mod'])
    put(`${download}/${name}`);
  mkdirSync(join(root, 'mod/example.com/!upper/m@v1.0.0'), { recursive: true });
  const names = ['v2.0.0.zip', 'v2.0.0.ziphash'].map(name => join(root, download, name));
  expect(await unused(folders(), Date.now())).toEqual(names);
});

test('set aside and brought back; a file that is gone is no failure', async () => {
  const path = put(entry('a', 'a'), 'x');
  const back = await setAside(folders(), [path, join(root, entry('f', 'a'))]);
  expect(existsSync(path)).toBe(false);
  await back();
  await removeAside(folders());
  expect(existsSync(path)).toBe(true);
});

test('a machine without caches has nothing to do', async () => {
  await backdate(folders().build);
  expect(await unused(folders(), Date.now())).toEqual([]);
  await removeAside(folders());
});

test('what was written since a moment is removed', async () => {
  const before = put(entry('a', 'a'));
  await new Promise(resolve => setTimeout(resolve, 20));
  const since = Date.now();
  await new Promise(resolve => setTimeout(resolve, 20));
  const late = put(entry('b', 'd'), 'half', 50 * hour); // tar gives files the times of the archive
  await removeSince([folders().build, join(root, 'absent')], since);
  expect([before, late].map(path => existsSync(path))).toEqual([true, false]);
});

test('the index of packages: its outputs and the actions that lead to them, and nothing else', async () => {
  expect(await countIndexes(folders().build)).toBe(0);
  put(entry('a', 'a'), action('a', 'b'));
  put(entry('b', 'd'), 'go index v2\n…');
  put(entry('c', 'a'), action('c', 'd'));
  put(entry('d', 'd'), 'go object linux amd64');
  put(entry('e', 'd'), 'go');
  put(`${entry('f', 'd')}/program`, 'go index v2\n');
  expect(await countIndexes(folders().build)).toBe(2);
});
