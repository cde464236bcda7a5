/** What the attempts of one check leave open for each other: streams on which news come by themselves. Who makes it closes it. */
export class Kept implements Disposable {
  readonly #streams = new Map<string, Disposable>();
  #news = new AbortController();

  /** The stream of this name; `begin` makes it where there is none yet. */
  stream<T extends Disposable>(name: string, begin: () => T): T {
    const known = (this.#streams.get(name) as T | undefined) ?? begin();
    this.#streams.set(name, known);
    return known;
  }

  /** The next attempt need not wait: there is something to see. */
  tell(): void {
    this.#news.abort();
  }

  /** Aborted when there are news since it was last asked for. */
  get news(): AbortSignal {
    if (this.#news.signal.aborted) this.#news = new AbortController();
    return this.#news.signal;
  }

  [Symbol.dispose](): void {
    for (const stream of this.#streams.values()) stream[Symbol.dispose]();
  }
}
