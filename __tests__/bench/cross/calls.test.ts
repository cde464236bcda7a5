import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { readCalls }: any = await import(new URL('../../../bench/cross/calls.mjs', import.meta.url).href);

test('what a go command wrote down: subcommands, -p, and how many builds ran at once', () => {
  const log = [
    'begin env -json GOGC=',
    'end env',
    'begin list -f x .',
    'end list',
    'begin build -p=2 -trimpath -o a . GOGC=400',
    'begin build -p=2 -trimpath -o b .',
    'end build',
    'begin build -p=2 -trimpath -o c .',
    'end build',
    'end build',
  ];
  expect(readCalls(`${log.join('\n')}\n`)).toEqual({
    all: ['env', 'list', 'build', 'build', 'build'],
    env: 1,
    atOnce: 2,
    share: 2,
    gogc: '400',
  });
  expect(readCalls('begin env -json GOGC=\nend env\n')).toEqual({ all: ['env'], env: 1, atOnce: 0 });
});
