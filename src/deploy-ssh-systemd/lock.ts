import { sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';
import { readState } from './facts.ts';
import type { HostSession, Request } from './host-session.ts';
import { lockRequest, sameRequest, stateRequest, watchRequest } from './requests.ts';
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
  let said = 0;
  for (;;) {
    try {
      const [, state] = await session.askAll([lockRequest(token, whoOf(settings)), stateRequest(program)], signal);
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

/** The lock, when nobody has it and the host is as it was seen: what is sent behind it needs no answer before. */
export function lockAsSeen(token: string, stamp: string, settings: Settings): Request[] {
  return [lockRequest(token, whoOf(settings)), sameRequest(stamp)];
}

/** Whether these requests were refused, so that nothing behind them was carried out. */
export function isNotAsSeen(error: unknown): boolean {
  return error instanceof SlipwayError && (error.code === 'LOCKED' || error.code === 'STATE_CHANGED');
}

function whoOf({ by }: Settings): string {
  return `${by}, since ${new Date().toISOString()}`;
}
