import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { hashFiles } from '../../../src/setup-go-cross/toolchain/hash-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-hash-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, data: string | Buffer) => {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
};
const sum = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

test.each([
  ['empty', Buffer.alloc(0)],
  ['small', Buffer.from('x')],
  ['as large as the buffer', Buffer.alloc(1 << 18, 1)],
  ['larger than the buffer', Buffer.alloc(3_500_000, 2)],
])('a file that is %s', async (name, data) => {
  const path = file(name, data);
  expect(await hashFiles([path, path])).toEqual([sum(data), sum(data)]);
});

const many = Array.from({ length: 3000 }, (_, index) => `content ${index}`);

test('thousands of files, shared among threads, in their order', async () => {
  const paths = many.map((text, index) => file(`${index}`, text));
  expect(await hashFiles(paths)).toEqual(many.map(sum));
}, 60_000);

test('a file that is gone is an error, whichever thread meets it', async () => {
  const paths = many.map((_, index) => join(folder, `${index}`));
  for (const index of [0, 1500, 2999]) {
    const broken = paths.with(index, join(folder, 'gone'));
    await expect(hashFiles(broken)).rejects.toMatchObject({ code: 'ENOENT' });
  }
}, 60_000);

test('no file', async () => expect(await hashFiles([])).toEqual([]));
