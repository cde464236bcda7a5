import { addAbortSignal, Readable } from 'node:stream';
import { SlipwayError } from '../errors.ts';
import type { Blob } from '../oci/graph.ts';

/**
 * Reads a blob piece by piece from one stream, never more in memory than the stream holds. A piece from another place
 * than the last one ended at opens the blob anew and skips to it: that happens only when a connection broke.
 */
export class Chunks implements Disposable {
  readonly #blob: Blob;
  readonly #signal: AbortSignal;
  #stream: Readable | undefined;
  #pieces: AsyncIterator<Buffer> | undefined;
  /** Read from the stream, and not yet given out. */
  #rest: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(blob: Blob, signal: AbortSignal) {
    this.#blob = blob;
    this.#signal = signal;
  }

  /** The bytes from `offset`, `length` of them. One piece at a time. */
  open(offset: number, length: number, signal: AbortSignal): Readable {
    return addAbortSignal(signal, Readable.from(this.#read(offset, length), { objectMode: false }));
  }

  async *#read(offset: number, length: number): AsyncGenerator<Buffer> {
    if (this.#stream === undefined || this.#at !== offset) {
      await this.#reopen();
      for (let left = offset; left > 0; ) left -= (await this.#take(left)).length;
    }
    for (let left = length; left > 0; ) {
      const piece = await this.#take(left);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next bytes, at most `most`. */
  async #take(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces!.next();
      if (next.done) throw new SlipwayError('BLOB_SHORT', `${this.#blob.descriptor.digest} ended at byte ${this.#at}`);
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    this.#at += piece.length;
    return piece;
  }

  async #reopen(): Promise<void> {
    this[Symbol.dispose]();
    this.#stream = await this.#blob.open(this.#signal);
    this.#pieces = this.#stream[Symbol.asyncIterator]();
    this.#rest = Buffer.alloc(0);
    this.#at = 0;
  }

  [Symbol.dispose](): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }
}
