import { messageOf, SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { Outcome } from './outcome.ts';
import type { BringIn, Rotation } from './rotation.ts';
import type { Steps } from './steps.ts';

/** A host that was taken out gets requests again when it serves, whatever it is; one that does not stays out. */
export async function inRotation(
  outcome: Outcome,
  steps: Steps,
  rotation: Rotation,
  bringIn: BringIn | undefined,
): Promise<Outcome> {
  if (bringIn === undefined) return outcome;
  const { place, serving } = outcome;
  if (!serving) {
    const what = serving === '' ? 'it serves nothing' : 'whether it serves is not known';
    log.warning(`${place}: ${what}, so it stays out of the load balancer: ${rotation.afterwards}`);
    return outcome;
  }
  try {
    await steps.run('restore', bringIn);
    return outcome;
  } catch (error) {
    const reason = new SlipwayError(
      'LOAD_BALANCER_FAILED',
      `${place}: ${serving} serves, and gets no requests: ${messageOf(error)}`,
      { hint: 'Bring it in again by hand, then run again.', cause: error },
    );
    if (outcome.error !== undefined) log.warning(reason.message);
    return { ...outcome, error: outcome.error ?? reason };
  }
}
