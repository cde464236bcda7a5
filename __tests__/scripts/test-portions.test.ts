import { basename } from 'node:path';
import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const { hostFiles, portionsOf }: any = await import(new URL('../../scripts/test/portions.mjs', import.meta.url).href);

const file = (path: string, hosts: string, length = 100) => ({ path, text: hosts.padEnd(length) });

test('files that boot the same host are never side by side, also where a third one joins them', () => {
  const files = [file('a', 'host:host1'), file('b', 'host:host2'), file('c', ''), file('d', "['host1', 'host2']")];
  const portions: string[][] = portionsOf(files, 3);
  expect(portions.map(paths => paths.toSorted()).toSorted()).toEqual([['a', 'b', 'd'], ['c']]);
});

test('host1 is not host11', () => {
  expect(portionsOf([file('a', 'host:host1'), file('b', 'host:host11')], 2)).toHaveLength(2);
});

test('the portions are about equally long', () => {
  const files = [file('a', '', 500), file('b', '', 300), file('c', '', 200), file('d', '', 100)];
  expect(portionsOf(files, 2)).toEqual([
    ['a', 'd'],
    ['b', 'c'],
  ]);
});

test('each file of the project "host" is in exactly one', () => {
  const files = hostFiles();
  const paths = portionsOf(files, 6).flat().toSorted();
  expect(paths).toEqual(files.map(({ path }: { path: string }) => path).toSorted());
  expect(paths.map((path: string) => basename(path))).toContain('deploy-ssh-systemd-faults.test.ts');
  expect(paths.length).toBeGreaterThan(20);
});
