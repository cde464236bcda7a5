import { randomBytes } from 'node:crypto';
import { Refusal } from '../core/host-agent/refusal.ts';
import type { HostSession } from './host-session.ts';
import { lock } from './lock.ts';
import type { Outcome } from './outcome.ts';
import { withdrawRequest } from './requests.ts';
import type { Rotation } from './rotation.ts';
import type { Settings } from './settings.ts';
import { Steps } from './steps.ts';

/** How long a service may take to end; milliseconds. */
const endTime = 60_000;

/**
 * Takes a first release away again, because another host failed: nothing served before it, so the service is stopped and
 * its unit removed. Its files stay, as after a first release that failed by itself.
 */
export async function withdraw(
  session: HostSession,
  from: Outcome,
  why: string,
  settings: Settings,
  { rotation, signal }: { readonly rotation: Rotation; readonly signal: AbortSignal },
): Promise<Outcome> {
  const steps = new Steps(session.place);
  const token = randomBytes(6).toString('hex');
  let bringIn: (() => Promise<void>) | undefined;
  try {
    // it gets no requests any more, and is not brought in again: nothing serves there
    if (settings.loadBalancer !== undefined)
      bringIn = await steps.run('drain', () => rotation.takeOut(session, endTime, signal));
    await steps.run('withdraw', async () => {
      await lock(session, token, from.binary ?? '', settings, signal);
      await session.askAll([withdrawRequest(token, from.release, settings.by)], signal);
    });
  } catch (error) {
    // what was refused serves on; of one that was lost nobody knows
    if (error instanceof Refusal) await bringIn?.().catch(() => undefined);
    throw error;
  }
  const reason = `stopped and removed because ${why}; there was no release before`;
  return {
    ...from,
    changed: true,
    ended: Date.now(),
    spans: [...from.spans, ...steps.spans],
    state: 'rolled-back',
    serving: '',
    evidence: { ...from.evidence, reason },
  };
}
