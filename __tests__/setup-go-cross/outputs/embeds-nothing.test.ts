import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { GoSettings } from '../../../src/setup-go-cross/environment.ts';
import { embedsNothing } from '../../../src/setup-go-cross/outputs/embeds-nothing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-embeds-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const plain = { 'go.mod': 'module example.com/x\n', 'main.go': 'package main\n', 'a/b/b.go': 'package b\n' };
const embedding = 'package b\n\nimport _ "embed"\n\n//go:embed x.txt\nvar x string\n';

const cases: { name: string; files?: Record<string, string>; settings?: Partial<GoSettings>; nothing: boolean }[] = [
  { name: 'no directive anywhere', nothing: true },
  { name: 'a directive in a package below', files: { 'a/b/b.go': embedding }, nothing: false },
  { name: 'a directive in a file for another system', files: { 'a/b/b_windows.go': embedding }, nothing: false },
  { name: 'one that only tests have', files: { 'a/b/b_test.go': embedding }, nothing: true },
  { name: 'one in a folder that only patterns pass over', files: { '_b/b.go': embedding }, nothing: false },
  { name: 'one in a folder that nobody can import', files: { '.b/b.go': embedding }, nothing: true },
  { name: 'one in a dependency that is vendored', files: { 'vendor/y/y.go': embedding }, nothing: true },
  { name: 'a module replaced by a folder', files: { 'go.mod': 'replace y => ../y\n' }, nothing: false },
  { name: 'the same in quotes', files: { 'go.mod': 'replace y => "/src/y"\n' }, nothing: false },
  { name: 'a module replaced by another', files: { 'go.mod': 'replace y => example.com/z v1.0.0\n' }, nothing: true },
  { name: 'a workspace', settings: { GOWORK: '/go.work' }, nothing: false },
  { name: 'a workspace that is off', settings: { GOWORK: 'off' }, nothing: true },
  { name: 'another go.mod than it looks', settings: { GOFLAGS: '-modfile=other.mod' }, nothing: false },
  { name: 'no module', settings: { GOMOD: '/dev/null' }, nothing: false },
  {
    name: 'more files than are read',
    files: Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`many/f${index}.go`, 'package many\n'])),
    nothing: false,
  },
];

test.each(cases)('$name', async ({ files = {}, settings = {}, nothing }) => {
  for (const [path, text] of Object.entries({ ...plain, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const known = { GOMOD: join(folder, 'go.mod'), GOWORK: '', GOFLAGS: '', ...settings };
  expect(await embedsNothing(known as GoSettings)).toBe(nothing);
});

test('a folder behind a link may hold anything', async () => {
  for (const [path, text] of Object.entries(plain)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync('/usr', join(folder, 'linked'));
  expect(await embedsNothing({ GOMOD: join(folder, 'go.mod'), GOWORK: '', GOFLAGS: '' } as GoSettings)).toBe(false);
});
