import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readBatch } from '../../../src/core/records/git-batch.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-batch-'));
  git(['init', '--quiet']);
});
afterAll(() => rm(folder, { recursive: true }));

const git = (args: string[], input: string | Buffer = '') => execFileSync('git', ['-C', folder, ...args], { input });
const blob = (text: string | Buffer) => git(['hash-object', '-w', '--stdin'], text).toString().trim();
const batch = (ids: readonly string[]) => git(['cat-file', '--batch'], ids.map(id => `${id}\n`).join('')).toString();

test('what real git prints is read, with what is not there', () => {
  const texts = ['one', '', 'two lines\n\n', 'ä → 𝄞', `${'0'.repeat(40)} blob 3\nabc\n`];
  const ids = [...texts.map(blob), 'HEAD:nowhere'];
  expect(readBatch(batch(ids), ids.length)).toEqual([...texts, undefined]);
});

test.each([
  ['bytes that are no text', () => batch([blob(Buffer.from([0xff, 0xfe])), blob('one')]), 2],
  ['too few', () => batch([blob('one')]), 2],
  ['cut off', () => batch([blob('one')]).slice(0, -2), 1],
  ['nothing', () => '', 1],
])('%s: it is said that it does not fit', (_, printed, count) => {
  expect(readBatch(printed(), count)).toBeUndefined();
});
