export type Limiter = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Lets at most `limit` tasks run at once; the others wait in order, until their signal is aborted. */
export function limiter(limit: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task, signal) => {
    while (running >= limit) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    running++;
    try {
      return await task();
    } finally {
      running--;
      // one that gave up meanwhile does not take the place: all look again
      for (const wake of waiting.splice(0)) wake();
    }
  };
}
