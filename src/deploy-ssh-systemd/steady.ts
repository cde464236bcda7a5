import { sleep } from '../core/deadline.ts';

const pause = 200;

/**
 * Does something for as long as nothing has fallen: both go on at once, and the one that knows more ends the other.
 *
 * @param look waits for news of what must stay as it is, and says what fell, if anything did
 * @throws the parent's reason, what `task` fails with, what `look` fails with
 */
export async function whileSteady<T, F>(
  task: (signal: AbortSignal) => Promise<T>,
  look: () => Promise<F | undefined>,
  parent: AbortSignal,
): Promise<{ readonly done?: T; readonly fell?: F }> {
  const controller = new AbortController();
  const signal = AbortSignal.any([parent, controller.signal]);
  const running = task(signal);
  let fell: F | undefined;
  const watching = (async () => {
    while (!controller.signal.aborted) {
      fell = await look();
      if (fell !== undefined) return controller.abort(fell);
      await sleep(pause, signal).catch(() => undefined);
      parent.throwIfAborted();
    }
  })();
  watching.catch(error => controller.abort(error));
  let done: T | undefined;
  try {
    done = await running;
  } catch (error) {
    if (fell === undefined) throw parent.aborted ? parent.reason : error;
  } finally {
    controller.abort();
    await watching;
  }
  return fell === undefined ? { done: done as T } : { fell };
}
