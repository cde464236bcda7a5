import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { owner, temporaryFolder } from '../../src/setup-go-cross/temporary.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-temporary-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const machine = owner.split('-')[0]!;
const make = (name: string, days = 0) => {
  const path = join(folder, name);
  mkdirSync(path);
  const time = Date.now() / 1000 - days * 86_400;
  utimesSync(path, time, time);
  return path;
};

test('what a dead process of this machine left is removed, whoever else made something keeps it', async () => {
  const dead = spawnSync('true').pid;
  const gone = [make(`building-${machine}-${dead}-x`), make('building-0badc0de-1-x', 2), make('building-old', 2)];
  const kept = [make(`building-${machine}-${process.ppid}-x`), make('building-0badc0de-1-y'), make('other', 2)];
  const mine = await temporaryFolder(folder, 'building-');
  expect(basename(mine)).toMatch(new RegExp(`^building-${owner}-`));
  expect(gone.filter(existsSync)).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual([...kept, mine].map(path => basename(path)).sort());
});
