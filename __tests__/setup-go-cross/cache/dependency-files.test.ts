import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/core/process.ts';
import { dependencyHash, usedModules } from '../../../src/setup-go-cross/cache/dependency-files.ts';

const checkout = join(import.meta.dirname, '../../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-dependencies-'));
  put('go.mod', 'module m');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
const hash = (patterns: string[] = [], directory = folder, env = {}) => dependencyHash(directory, patterns, env);

test('change with go.sum, not with other files', async () => {
  const first = await hash();
  put('main.go', 'package main');
  expect(await hash()).toBe(first);
  put('go.sum', 'm v1 h1:x');
  expect(await hash()).not.toBe(first);
});

test('are what the input names', async () => {
  put('a/deps.txt', '1');
  const first = await hash(['*/deps.txt']);
  put('go.sum', 'm v1 h1:x');
  expect(await hash(['*/deps.txt'])).toBe(first);
  put('a/deps.txt', '2');
  expect(await hash(['*/deps.txt'])).not.toBe(first);
});

test('of a folder in the module are those of the module', async () => {
  put('cmd/a/main.go', 'package main');
  const first = await hash([], join(folder, 'cmd/a'));
  put('go.sum', 'm v1 h1:x');
  expect(await hash([], join(folder, 'cmd/a'))).not.toBe(first);
});

describe('a go.work', () => {
  const cases: { name: string; work: string; paths: string[] }[] = [
    { name: 'a line', work: 'go 1.26.8\n\nuse ./a // first\n', paths: ['./a'] },
    { name: 'a block', work: 'go 1.26.8\nuse (\n\t./a\n\t"./b c"\n)\nreplace x => ./y\n', paths: ['./a', './b c'] },
    { name: 'other blocks', work: 'replace (\n\tuse => ./a\n)\ngodebug (\n\tuse=1\n)\n', paths: [] },
    { name: 'the module beside it', work: 'use .', paths: ['.'] },
  ];
  test.each(cases)('uses: $name', ({ work, paths }) => {
    expect(usedModules(work)).toEqual(paths);
  });

  test('its modules count, the others of the repository do not', async () => {
    put('go.work', 'use (\n./a\n./b\n)\n');
    for (const name of ['a', 'b', 'other']) put(`${name}/go.mod`, `module ${name}`);
    const first = await hash();
    put('other/go.sum', 'm v1 h1:x');
    expect(await hash()).toBe(first);
    put('b/go.sum', 'm v1 h1:x');
    const second = await hash();
    expect(second).not.toBe(first);
    expect(await hash([], join(folder, 'a'))).not.toBe(await hash([], join(folder, 'a'), { GOWORK: 'off' }));
  });
});

test('nothing else is looked at: a process that may read the named files only gets the same hash', async () => {
  put('go.sum', 'm v1 h1:x');
  for (let index = 0; index < 20; index++) put(`deep/${index}/go.sum`, String(index));
  const script = `
    const { dependencyHash } = await import(${JSON.stringify(join(checkout, 'src/setup-go-cross/cache/dependency-files.ts'))});
    console.log(await dependencyHash(process.argv[1], JSON.parse(process.argv[2]), {}));`;
  const readable = [
    checkout,
    realpathSync(join(checkout, 'node_modules')),
    ...['go.mod', 'go.sum', 'go.work', 'go.work.sum'].map(name => join(folder, name)),
  ];
  const allowed = (patterns: string[]) =>
    run(
      [
        process.execPath,
        '--permission',
        ...readable.map(path => `--allow-fs-read=${path}`),
        '--input-type=module',
        '--eval',
        script,
        folder,
        JSON.stringify(patterns),
      ],
      { timeout: 30_000, cwd: checkout },
    );
  expect((await allowed([])).stdout.trim()).toBe(await hash());
  // What users of setup-go write has to list the folders, and finds nothing there.
  expect((await allowed(['**/go.sum'])).stdout.trim()).not.toBe(await hash(['**/go.sum']));
});
