import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { goldenDigests } from './images.ts';

/** To write it anew after a change that is meant: `node main.ts FOLDER > digests.json`. */
test('the digests are those of the golden file', async () => {
  const expected = JSON.parse(await readFile(new URL('digests.json', import.meta.url), 'utf8'));
  const folder = await mkdtemp(join(tmpdir(), 'slipway-golden-'));
  try {
    expect(await goldenDigests(folder)).toEqual(expected);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);
