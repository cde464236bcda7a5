import { sleep } from '../../core/deadline.ts';
import type { HostSession } from '../host-session.ts';
import type { Settings } from '../settings.ts';
import { lookAt } from './look.ts';

/** Milliseconds between two looks; the host gives the share 15 s for each. */
const period = 5_000;

/**
 * A share that only hangs lets a writer wait as long as its deadlines are, and those are for what is large. So root of the
 * host looks at it meanwhile, and the signal that this gives is aborted with what it says.
 */
export function whileItAnswers(
  session: HostSession,
  settings: Settings,
  signal: AbortSignal,
): AbortSignal & Disposable {
  const [hangs, over] = [new AbortController(), new AbortController()];
  const look = async () => {
    for (;;) {
      await sleep(period, over.signal);
      await lookAt(session, settings);
    }
  };
  look().catch(error => {
    if (!over.signal.aborted) hangs.abort(error);
  });
  return Object.assign(AbortSignal.any([signal, hangs.signal]), { [Symbol.dispose]: () => over.abort() });
}
