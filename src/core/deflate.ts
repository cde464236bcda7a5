import type { Duplex } from 'node:stream';
import { createDeflateRaw, deflateRawSync } from 'node:zlib';
import { sha256 } from './files.ts';

/**
 * Level 4: 8.8 MB in 0.33 s for a Go binary of 23.6 MB, where level 6 takes 0.58 s for 3 % less. The bytes must never
 * change by themselves, so the parameters are all given.
 */
export const deflateParameters = { level: 4, windowBits: 15, memLevel: 8, strategy: 0, chunkSize: 256 * 1024 } as const;

/** What the zlib of the official Node 20, 22 and 24 makes of `testInput`, on x64 and arm64, and what pako makes of it. */
const expected = '0fac6ed94b33a063a7ed77c0a7cbf7d58430b8bde5a4ae14cb8c87a54dd83e4a';

/** 64 KiB that use literals, short and long matches: a run, a counter, and noise from a small generator. */
export function testInput(): Buffer {
  const bytes = Buffer.alloc(64 * 1024);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = i % 4096 < 1024 ? 0x61 : i % 4096 < 3072 ? (i >> 3) & 0xff : state >>> 24;
  }
  return bytes;
}

let same: boolean | undefined;

/** Whether this Node's own zlib compresses as every other: one linked against a distribution's may not. */
export function compressesAsEverywhere(): boolean {
  same ??= sha256(deflateRawSync(testInput(), deflateParameters)) === expected;
  return same;
}

/** A stage of `pipeline`: bytes in, raw deflate out. */
export type DeflateStage = Duplex | ((source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>);

/**
 * Raw deflate with the same bytes everywhere. Node's own zlib works in libuv's worker threads, so several streams are
 * compressed at once; where it would give other bytes, pako (zlib in JavaScript, some ten times slower) takes over.
 */
export function deflateStage(native: boolean = compressesAsEverywhere()): DeflateStage {
  return native ? createDeflateRaw(deflateParameters) : inJavaScript;
}

async function* inJavaScript(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Deflate } = await import('pako');
  const { level, windowBits, memLevel, strategy, chunkSize } = deflateParameters;
  const deflate = new Deflate({ raw: true, level, windowBits, memLevel, strategy, chunkSize });
  let made: Buffer[] = [];
  deflate.onData = chunk => {
    made.push(Buffer.from(chunk));
  };
  const taken = () => made.splice(0);
  for await (const chunk of source) {
    // In pieces: the rest of the program (time limits, cancelling) gets its turn in between.
    for (let at = 0; at < chunk.length; at += chunkSize) {
      deflate.push(chunk.subarray(at, at + chunkSize), false);
      yield* taken();
      await new Promise(setImmediate);
    }
  }
  deflate.push(new Uint8Array(), true);
  yield* taken();
  if (deflate.err !== 0) throw new Error(`deflate failed: ${deflate.msg}`);
  made = [];
}
