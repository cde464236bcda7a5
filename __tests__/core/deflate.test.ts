import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  compressesAsEverywhere,
  type DeflateStage,
  deflateParameters,
  deflateStage,
  testInput,
} from '../../src/core/deflate.ts';
import { zstdAsEverywhere } from '../../src/core/zstd.ts';

const through = async (stage: DeflateStage, chunks: readonly Buffer[]) =>
  buffer(Readable.from(chunks, { objectMode: false }).compose(stage as never) as unknown as AsyncIterable<Buffer>);

test('this Node compresses as every other', () => {
  expect([compressesAsEverywhere(), zstdAsEverywhere()]).toEqual([true, true]);
});

describe('deflate in JavaScript', () => {
  test('makes the bytes that zlib makes, of any content in any pieces', async () => {
    const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 5_000 }), fc.constant(new Uint8Array(70_000))));
    await fc.assert(
      fc.asyncProperty(pieces, async parts => {
        const chunks = parts.filter(part => part.length > 0).map(part => Buffer.from(part));
        const whole = Buffer.concat(chunks);
        const made = await through(deflateStage(false), chunks);
        expect(inflateRawSync(made).equals(whole)).toBe(true);
        expect(made.equals(deflateRawSync(whole, deflateParameters))).toBe(true);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('makes them of a large text and of the test vector too', async () => {
    const text = Buffer.from(Array.from({ length: 100_000 }, (_, i) => `${i * i} `).join(''));
    for (const bytes of [text, testInput()]) {
      const made = await through(deflateStage(false), [bytes]);
      expect(made.equals(await through(deflateStage(true), [bytes.subarray(0, 777), bytes.subarray(777)]))).toBe(true);
    }
  }, 60_000);
});
