import { createHash } from 'node:crypto';

/** The digests and sizes of a stream before and after compression; read them when the stream has ended. */
export interface Compressed {
  readonly plain: Sum;
  readonly compressed: Sum;
}

export interface Sum {
  /** `sha256:…` */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** Counts and hashes what passes. */
export function summing() {
  const hash = createHash('sha256');
  let size = 0;
  return {
    add<T extends Uint8Array>(chunk: T): T {
      hash.update(chunk);
      size += chunk.length;
      return chunk;
    },
    size: () => size,
    sum: (): Sum => ({ digest: `sha256:${hash.digest('hex')}`, size }),
  };
}

/** A stage of `pipeline` that sees every chunk on its way. */
export function passing(see: (chunk: Buffer) => void) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      see(chunk);
      yield chunk;
    }
  };
}
