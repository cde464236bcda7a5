import { Writable } from 'node:stream';

/**
 * What the parts that we share with the actions print for a runner goes to standard output, commands such as
 * `::add-mask::SECRET` among it. Here it is taken, so that it can be shown to people instead.
 */
export function takeOutput(): {
  /** The real standard output. */
  readonly stdout: Writable;
  readonly to: (read: (chunk: string) => void) => void;
  readonly giveBack: () => void;
} {
  const write = process.stdout.write.bind(process.stdout);
  const own = process.stdout.write;
  let read: (chunk: string) => void = () => {};
  const stdout = new Writable({
    write: (chunk, _, done) => {
      write(chunk, () => done()); // what fails is told by the real one
    },
  });
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    read(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  }) as typeof process.stdout.write;
  return {
    stdout,
    to: reader => {
      read = reader;
    },
    giveBack: () => {
      process.stdout.write = own;
    },
  };
}
