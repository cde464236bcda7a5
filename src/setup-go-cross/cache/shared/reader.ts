import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** A small file, and when it was last written (milliseconds of the epoch). */
export interface Small {
  readonly text: string;
  readonly mtimeMs: number;
}

/** What is not there, or cannot be read, is undefined. */
export interface Reader {
  /** The first 256 bytes. */
  small(path: string): Promise<Small | undefined>;
  size(path: string): Promise<number | undefined>;
}

/** Milliseconds that a call may take on a disk of this machine; so many in a row that take longer are no accident of busy cores. */
const [quick, accidents] = [0.4, 16];
const longest = 256;

/**
 * Asks the file system directly while it answers at once: a go command waits for each of its thousand questions, and the way
 * through the thread pool takes ten times as long as the answer. One that takes its time (NFS) is asked in the background,
 * so that several questions are on their way.
 */
export function openReader(clock: () => number = () => performance.now()): Reader {
  let slowInARow = 0;
  const timed = <T>(ask: () => T): T | undefined => {
    const before = clock();
    try {
      return ask();
    } catch {
      return undefined;
    } finally {
      slowInARow = clock() - before > quick ? slowInARow + 1 : 0;
    }
  };
  const slow = () => slowInARow >= accidents;
  return {
    small: async path => (slow() ? readInBackground(path) : timed(() => readNow(path))),
    size: async path =>
      slow()
        ? stat(path).then(
            found => found.size,
            () => undefined,
          )
        : timed(() => statSync(path, { throwIfNoEntry: false })?.size),
  };
}

const buffer = Buffer.alloc(longest);

function readNow(path: string): Small {
  const file = openSync(path, 'r');
  try {
    const { mtimeMs } = fstatSync(file);
    return { text: buffer.toString('latin1', 0, readSync(file, buffer, 0, longest, 0)), mtimeMs };
  } finally {
    closeSync(file);
  }
}

async function readInBackground(path: string): Promise<Small | undefined> {
  try {
    await using file = await open(path);
    const own = Buffer.alloc(longest);
    const [{ mtimeMs }, { bytesRead }] = await Promise.all([file.stat(), file.read(own, 0, longest, 0)]);
    return { text: own.toString('latin1', 0, bytesRead), mtimeMs };
  } catch {
    return undefined;
  }
}
