import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findWanted } from '../../../src/setup-go-cross/go-version/find.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-find-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Case {
  name: string;
  files: Record<string, string>;
  directory?: string;
  version?: string;
  file?: string;
  env?: Record<string, string>;
  policy?: 'exact' | 'patch';
  expected: Record<string, unknown>;
}

const exact = (version: string, why: string) => ({ kind: 'exact', version, why });
const cases: Case[] = [
  {
    name: 'the input wins',
    files: { 'go.mod': 'go 1.25.0' },
    version: '1.26.8',
    expected: exact('1.26.8', 'input go-version'),
  },
  {
    name: 'go.mod above the folder',
    files: { 'go.mod': 'go 1.26.8', 'cmd/a/x': '' },
    directory: 'cmd/a',
    expected: exact('1.26.8', 'go.mod:1'),
  },
  {
    name: 'go.work before go.mod',
    files: { 'go.work': 'go 1.26.9\nuse ./a', 'a/go.mod': 'go 1.25.0' },
    directory: 'a',
    expected: exact('1.26.9', 'go.work:1'),
  },
  {
    name: 'GOWORK=off',
    files: { 'go.work': 'go 1.26.9', 'a/go.mod': 'go 1.25.0' },
    directory: 'a',
    env: { GOWORK: 'off' },
    expected: exact('1.25.0', 'go.mod:1'),
  },
  {
    name: '.go-version',
    files: { '.go-version': '# CI\n1.26.8\n' },
    file: '.go-version',
    expected: exact('1.26.8', '.go-version'),
  },
  {
    name: 'a file by another name is read as a version',
    files: { ver: '1.26.x' },
    file: 'ver',
    expected: { kind: 'range', range: '1.26.x', why: 'ver' },
  },
  {
    name: '.tool-versions',
    files: { '.tool-versions': 'nodejs 24.1.0\ngolang 1.26.8 1.25.0 # two\n' },
    file: '.tool-versions',
    expected: exact('1.26.8', '.tool-versions'),
  },
  {
    name: '.tool-versions of mise',
    files: { '.tool-versions': 'go 1.26\n' },
    file: '.tool-versions',
    expected: { kind: 'range', range: '1.26', why: '.tool-versions' },
  },
  {
    name: 'policy patch',
    files: { 'go.mod': 'go 1.26.3' },
    policy: 'patch',
    expected: { kind: 'range', range: '~1.26.3', why: 'go.mod:1, newest patch' },
  },
  {
    name: 'policy patch never changes what GOTOOLCHAIN names',
    files: { 'go.mod': 'go 1.26.3' },
    policy: 'patch',
    env: { GOTOOLCHAIN: 'go1.25.1' },
    expected: exact('1.25.1', 'GOTOOLCHAIN=go1.25.1'),
  },
  {
    name: 'a toolchain line',
    files: { 'go.mod': 'go 1.19\ntoolchain go1.22.0' },
    expected: exact('1.22.0', 'go.mod:2'),
  },
  {
    name: 'a toolchain line that names a candidate, in go.work',
    files: { 'go.work': 'go 1.19\ntoolchain go1.21rc2\nuse .' },
    expected: exact('1.21rc2', 'go.work:2'),
  },
  {
    name: 'GOTOOLCHAIN=local: the toolchain line says nothing',
    files: { 'go.mod': 'go 1.19\ntoolchain go1.22.0' },
    env: { GOTOOLCHAIN: 'local' },
    expected: exact('1.19', 'go.mod:1'),
  },
  {
    name: 'GOTOOLCHAIN=path: the toolchain line is meant',
    files: { 'go.mod': 'go 1.19\ntoolchain go1.22.0' },
    env: { GOTOOLCHAIN: 'path' },
    expected: exact('1.22.0', 'go.mod:2'),
  },
  {
    name: 'GOTOOLCHAIN=NAME without a go.mod',
    files: {},
    env: { GOTOOLCHAIN: 'go1.25.1' },
    expected: exact('1.25.1', 'GOTOOLCHAIN=go1.25.1'),
  },
  {
    name: 'GOTOOLCHAIN=NAME that fits the input',
    files: {},
    version: '1.25.x',
    env: { GOTOOLCHAIN: 'go1.25.1' },
    expected: { kind: 'range', range: '1.25.x' },
  },
  { name: 'nothing', files: {}, expected: { kind: 'stable' } },
  { name: 'go.mod without a go line', files: { 'go.mod': 'module m' }, expected: { kind: 'stable' } },
  {
    name: 'GOTOOLCHAIN=NAME',
    files: { 'go.mod': 'go 1.26.8' },
    env: { GOTOOLCHAIN: 'go1.25.1' },
    expected: exact('1.25.1', 'GOTOOLCHAIN=go1.25.1'),
  },
  {
    name: 'GOTOOLCHAIN=NAME+auto, older',
    files: { 'go.mod': 'go 1.26.8' },
    env: { GOTOOLCHAIN: 'go1.25.1+auto' },
    expected: exact('1.26.8', 'go.mod:1'),
  },
  {
    name: 'GOTOOLCHAIN=NAME+auto, newer',
    files: { 'go.mod': 'go 1.26.8' },
    env: { GOTOOLCHAIN: 'go1.27.0+auto' },
    expected: { kind: 'exact', version: '1.27.0' },
  },
  {
    name: 'GOTOOLCHAIN=local',
    files: { 'go.mod': 'go 1.26.8' },
    env: { GOTOOLCHAIN: 'local' },
    expected: exact('1.26.8', 'go.mod:1'),
  },
];

test.each(cases)('$name', async ({ files, directory = '.', version, file, env = {}, policy = 'exact', expected }) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  expect(await findWanted({ version, file, directory: join(root, directory), env, policy })).toMatchObject(expected);
});

test('a file that is not there', async () => {
  const request = { version: undefined, file: 'absent/go.mod', directory: root, env: {} };
  await expect(findWanted(request)).rejects.toMatchObject({ code: 'GO_VERSION_FILE_MISSING' });
});

test('GOTOOLCHAIN=NAME and another go-version', async () => {
  const request = { version: '1.26.8', file: undefined, directory: root, env: { GOTOOLCHAIN: 'go1.25.1' } };
  await expect(findWanted(request)).rejects.toMatchObject({ code: 'GO_VERSION_CONTRADICTION' });
});

test('.tool-versions without Go', async () => {
  writeFileSync(join(root, '.tool-versions'), 'nodejs 24.1.0\n');
  const request = { version: undefined, file: '.tool-versions', directory: root, env: {} };
  await expect(findWanted(request)).rejects.toMatchObject({ code: 'GO_VERSION_INVALID' });
});
