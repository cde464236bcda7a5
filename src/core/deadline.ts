import { types } from 'node:util';
import pRetry from 'p-retry';
import { messageOf, SlipwayError } from './errors.ts';

/** The longest that a timer waits, 24.8 days; one that is given more fires at once. */
const longest = 2 ** 31 - 1;

/** Combines the caller's signal with a deadline; the reason says what took too long. */
export function deadline(ms: number, doing: string, parent?: AbortSignal): AbortSignal & Disposable {
  const controller = new AbortController();
  const stop = () => controller.abort(parent?.reason);
  const timer = setTimeout(
    () => {
      controller.abort(new SlipwayError('DEADLINE', `${doing} took longer than ${ms / 1000} s`));
    },
    Math.min(ms, longest),
  );
  if (parent?.aborted) stop();
  else parent?.addEventListener('abort', stop, { once: true });
  return Object.assign(controller.signal, {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      parent?.removeEventListener('abort', stop);
    },
  });
}

/** Sleeps, but ends at once with the signal's reason when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(done, Math.min(ms, longest));
    function done() {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }
    function aborted() {
      clearTimeout(timer);
      reject(signal!.reason);
    }
    signal?.addEventListener('abort', aborted, { once: true });
  });
}

/** Rejects with the signal's reason when it is aborted: for a race with what takes no signal itself. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export interface RetryOptions {
  /** What is tried, for the error: "uploading layer sha256:…". */
  readonly doing: string;
  readonly signal: AbortSignal;
  /** Tries at the most, the first included. */
  readonly attempts: number;
  /** Milliseconds for all tries together. */
  readonly within: number;
  /** Milliseconds before the second try; doubled each time, with jitter, up to ten times as much. */
  readonly pause?: number;
  /** Says whether another try makes sense. */
  readonly retriable: (error: unknown) => boolean;
  /** Milliseconds that the other side asked to wait; when the time left does not allow it, the error is final. */
  readonly wait?: (error: unknown) => number;
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/** Tries again with jitter until it succeeds, the tries or the time are used up, or the error is final. */
export async function retry<T>(
  task: (signal: AbortSignal, attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  using limited = deadline(options.within, options.doing, options.signal);
  const { pause = 200, wait = () => 0 } = options;
  const end = Date.now() + options.within;
  const again = (error: unknown) =>
    !limited.aborted && options.retriable(error) && (wait(error) === 0 || Date.now() + wait(error) < end);
  let tried = 0;
  let seen: unknown;
  try {
    return await pRetry(
      attempt => {
        tried = attempt;
        return task(limited, attempt).catch((error: unknown) => {
          if (!limited.aborted) seen = error;
          throw error instanceof Error ? error : adopted(error);
        });
      },
      {
        retries: options.attempts - 1,
        minTimeout: pause,
        maxTimeout: pause * 10,
        randomize: true,
        signal: limited,
        shouldRetry: ({ error }) => again(error),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (retriesLeft === 0 || !again(error)) return;
          options.onRetry?.(error, attemptNumber);
          if (wait(error) > 0) await sleep(wait(error), limited);
        },
      },
    );
  } catch (error) {
    if (tried < 2 || !(error instanceof Error)) throw error;
    const hint = [error, seen].flatMap(one => (one instanceof SlipwayError ? (one.hint ?? []) : []))[0];
    const last = seen === undefined || seen === error ? '' : `; the last one: ${messageOf(seen)}`;
    throw new SlipwayError(
      error instanceof SlipwayError ? error.code : 'RETRIES_EXHAUSTED',
      `${options.doing} failed after ${tried} tries: ${messageOf(error)}${last}`,
      {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      },
    );
  }
}

/** p-retry takes this realm's errors only; inside of a test Node's own are another's, and their code must not be lost. */
function adopted(error: unknown): Error {
  if (!types.isNativeError(error)) return new Error(String(error));
  return Object.assign(new Error(error.message, { cause: error }), { code: (error as NodeJS.ErrnoException).code });
}
