import type { Readable } from 'node:stream';

/** Lines of a stream, asked for one by one; undefined after the last. */
export class Lines {
  readonly #ready: string[] = [];
  #rest = '';
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (this.#rest + chunk).split('\n');
      this.#rest = parts.pop()!;
      this.#ready.push(...parts);
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    stream.on('end', end);
    stream.on('close', end);
  }

  /** One caller at a time; rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    while (this.#ready.length === 0 && !this.#ended) {
      signal.throwIfAborted();
      const stop = () => this.#wake();
      await new Promise<void>(resolve => {
        this.#wake = resolve;
        signal.addEventListener('abort', stop, { once: true });
      });
      signal.removeEventListener('abort', stop);
    }
    return this.#ready.shift();
  }
}

/** Calls with each line of a stream as it comes, the last one too when it has no end. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const line of parts) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
