import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { assertSamePrograms }: any = await import(new URL('../../../bench/cross/same.mjs', import.meta.url).href);

const folder = mkdtempSync(join(tmpdir(), 'slipway-same-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('contenders that made the same bytes did the same work, in whatever order and under whatever names', async () => {
  const [a, b, c, d] = [file('a', '1'), file('b', '2'), file('c', '2'), file('d', '1')];
  await assertSamePrograms({ ours: [a, b], peer: [c, d] }, 2);
  await expect(assertSamePrograms({ ours: [a], peer: [c, d] }, 2)).rejects.toThrow('ours made 1 programs, not 2');
  await expect(assertSamePrograms({ ours: [a, b], peer: [a, a] }, 2)).rejects.toThrow('peer and ours made different');
});
