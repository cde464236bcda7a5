import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { commonOptions } from '../../src/cli/commands/options.ts';
import { commands } from '../../src/cli/commands.ts';
import { readOptions } from '../../src/cli/options.ts';
import { blocksOf, pages } from './blocks.ts';
import { commandsOf, notRun, ranBy } from './commands.ts';

const root = join(import.meta.dirname, '..', '..');
const withCommands = [...new Set(blocksOf('commands').map(({ page }) => page))];

test.each(withCommands)('%s: each command is run by a test, or it is said why not', page => {
  const left = commandsOf(page).filter(command => notRun[page]?.[command] === undefined);
  const runner = ranBy[page];
  if (runner === undefined) return expect(left).toEqual([]);
  expect(left.length).toBeGreaterThan(0);
  expect(readFileSync(join(root, '__tests__', runner), 'utf8')).toContain(`'${page}'`);
});

test('what is not run is still shown', () => {
  const gone = Object.entries(notRun).flatMap(([page, list]) =>
    Object.keys(list)
      .filter(command => !commandsOf(page).includes(command))
      .map(command => `${page}: ${command}`),
  );
  expect(gone).toEqual([]);
  expect(Object.keys(ranBy).filter(page => !withCommands.includes(page))).toEqual([]);
});

test('what CI is said to run, it runs', () => {
  const text = ['.github/workflows/ci.yml', '.ci/run'].map(path => readFileSync(join(root, path), 'utf8')).join('');
  for (const script of ['generate', 'bundle', 'lint', 'typecheck'])
    expect(text).toMatch(new RegExp(`npm run (--silent )?${script}`));
});

/** `slipway …` and `npx github:OWNER/slipway …` inside of sentences and blocks. */
const calls = pages.flatMap(page =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/(?:`|^ *)(?:npx github:OWNER\/)?slipway ([a-z][^`#\n]*)/gm)].map(
    found => [page, found[1]!.trim()] as const,
  ),
);

test('slipway takes every call that a page shows', () => {
  expect(calls.length).toBeGreaterThan(10);
  for (const [page, call] of calls) {
    const [name, ...words] = call.replaceAll(/"[^"]*"/g, 'word').split(/\s+/);
    const command = commands.find(one => one.name === name);
    expect([page, call, command?.name]).toEqual([page, call, name]);
    readOptions(words, [...command!.options, ...commonOptions], name!);
  }
});
