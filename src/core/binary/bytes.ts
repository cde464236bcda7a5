import { type FileHandle, open } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';

/** Reads a file piece by piece: a binary may be hundreds of megabytes, its headers are not. */
export interface ByteSource {
  readonly path: string;
  readonly size: number;
  /** Exactly `length` bytes; throws `BINARY_TRUNCATED` where the file ends before. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Opens the file for the time of `use`. */
export async function withBytes<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw new SlipwayError(
      'BINARY_MISSING',
      `the binary ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
      { hint: 'Look at the output of the step that builds it.', cause: error },
    );
  }
  try {
    const { size } = await file.stat();
    return await use({ path, size, read: (offset, length) => readExactly(file, path, size, offset, length) });
  } finally {
    await file.close();
  }
}

async function readExactly(file: FileHandle, path: string, size: number, offset: number, length: number) {
  // Headers give offsets and lengths; what lies outside the file must not become an allocation.
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new SlipwayError(
      'BINARY_TRUNCATED',
      `${path} is cut off: its headers point to bytes ${offset} to ${offset + length}, it has ${size}`,
      { hint: 'Build or copy it again.' },
    );
  }
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw new SlipwayError('BINARY_TRUNCATED', `${path} became shorter while it was read`);
    done += bytesRead;
  }
  return buffer;
}
