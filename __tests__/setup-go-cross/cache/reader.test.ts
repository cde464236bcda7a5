import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openReader } from '../../../src/setup-go-cross/cache/shared/reader.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-reader-'));
  file = join(folder, 'small');
  writeFileSync(file, `${'a'.repeat(300)}\n`);
  utimesSync(file, 1_000_000, 1_000_000);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A clock by which every call takes so many milliseconds. */
const clockOf = (each: () => number) => {
  let now = 0;
  return () => {
    now += each();
    return now;
  };
};

describe.each([
  ['a disk that answers at once', 0.02],
  ['a file system that takes its time', 3],
])('%s', (_name, each) => {
  const reader = openReader(clockOf(() => each));

  test('gives the beginning of a file, its time and its size, many times and at once', async () => {
    const asked = Array.from({ length: 50 }, () => Promise.all([reader.small(file), reader.size(file)]));
    for (const [small, size] of await Promise.all(asked)) {
      expect(small).toEqual({ text: 'a'.repeat(256), mtimeMs: 1e9 });
      expect(size).toBe(301);
    }
  });

  test('what is not there, or is no file, is undefined', async () => {
    expect(await reader.small(join(folder, 'none'))).toBeUndefined();
    expect(await reader.size(join(folder, 'none'))).toBeUndefined();
    expect(await reader.small(folder)).toBeUndefined();
  });
});

test('only sixteen slow answers in a row are no accident: then it goes on in the background', async () => {
  let each = 3;
  let asked = 0;
  const tick = clockOf(() => each);
  const reader = openReader(() => {
    asked++;
    return tick();
  });
  for (let round = 0; round < 15; round++) await reader.size(file);
  each = 0.02;
  await reader.size(file); // the row is broken
  each = 3;
  for (let round = 0; round < 16; round++) await reader.size(file);
  expect(asked).toBe(64);
  await reader.size(file);
  expect(asked).toBe(64); // no longer timed: another thread waits for it
});
