/**
 * Waits for a promise, but no longer than the signal. What cannot be cancelled (a name lookup) goes on unheard; a result
 * that comes too late is handed to `discard`.
 */
export function raced<T>(promise: Promise<T>, signal: AbortSignal, discard?: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason);
      if (discard) promise.then(discard, () => undefined);
    };
    if (signal.aborted) {
      promise.catch(() => undefined);
      return stop();
    }
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
