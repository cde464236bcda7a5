import { sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';
import { readState } from './facts.ts';
import type { HostSession } from './host-session.ts';
import { lockRequest, stateRequest, watchRequest } from './requests.ts';
import type { Settings } from './settings.ts';

/** An agent that is asked nothing for a minute takes its runner for dead, and the lock goes with it. */
const lifeSign = 15_000;

/** Keeps the conversation, and so the lock, alive while something else goes on. */
export async function holdingLock<T>(session: HostSession, task: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => session.askAll([watchRequest('none')]).catch(() => undefined), lifeSign);
  try {
    return await task();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Takes the service's lock on the host, for as long as this conversation lasts: the kernel frees it with the agent. Waits
 * `lock-wait` for another deployment, and says whose it is; resolves with what is so under the lock.
 *
 * @param program sha256 of what may run already
 * @throws LOCKED
 */
export async function lock(
  session: HostSession,
  token: string,
  program: string,
  settings: Settings,
  signal: AbortSignal,
): Promise<ReturnType<typeof readState>> {
  const until = Date.now() + settings.lockWait;
  const who = `${settings.by}, since ${new Date().toISOString()}`;
  let said = 0;
  for (;;) {
    try {
      const [, state] = await session.askAll([lockRequest(token, who), stateRequest(program)], signal);
      return readState(state!);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'LOCKED' || Date.now() >= until) throw error;
      if (Date.now() - said > 10_000) {
        said = Date.now();
        log.info(`${error.message}; waiting up to ${formatDuration(until - Date.now())} more`);
      }
      await sleep(Math.min(1000, Math.max(50, until - Date.now())), signal);
    }
  }
}
