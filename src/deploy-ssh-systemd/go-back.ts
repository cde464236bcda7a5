import { SlipwayError } from '../core/errors.ts';
import { deployHost } from './deploy-host.ts';
import { asSlipwayError, isUnreachable } from './fleet.ts';
import { goalOf } from './goal-there.ts';
import { Hooks } from './hooks.ts';
import type { HostSession } from './host-session.ts';
import type { Means } from './means.ts';
import type { Outcome } from './outcome.ts';
import type { Settings } from './settings.ts';
import { withdraw } from './withdraw.ts';

/** Brings a host back to what it served before, because another host failed; where that is nothing, to nothing. */
export async function goBack(
  session: HostSession,
  from: Outcome,
  why: string,
  settings: Settings,
  means: Means,
): Promise<Outcome> {
  const back = await begun(session, from, why, settings, means);
  if (back.error === undefined)
    await means.hooks.onRollback(session, { release: from.release, previous: from.previous }, means.signal);
  return back;
}

async function begun(
  session: HostSession,
  from: Outcome,
  why: string,
  settings: Settings,
  means: Means,
): Promise<Outcome> {
  try {
    return await (from.previous === '' ? withdraw : toTheOneBefore)(session, from, why, settings, means);
  } catch (error) {
    // it was not begun: when the host is there, it serves what it served
    const reason = asSlipwayError(error);
    const serving = isUnreachable(reason) ? undefined : from.serving;
    return { ...from, serving, ended: Date.now(), ...notBack(from.place, why, reason) };
  }
}

/** A deployment of its own, with its health gate. */
async function toTheOneBefore(
  session: HostSession,
  from: Outcome,
  why: string,
  settings: Settings,
  means: Means,
): Promise<Outcome> {
  const goal = await goalOf(session, from.previous);
  const facts = await session.facts([goal.sha256]);
  const back = await deployHost({ session, goal, facts, settings }, settings, {
    ...means,
    hooks: new Hooks({ ...settings, hooks: [] }), // those of a deployment are not for the way back
  });
  const whole = {
    ...from,
    changed: true,
    ended: back.ended,
    spans: [...from.spans, ...back.spans],
    serving: back.serving,
  };
  if (back.error === undefined)
    return { ...whole, state: 'rolled-back', evidence: { ...back.evidence, reason: `taken back because ${why}` } };
  return {
    ...whole,
    evidence: back.evidence,
    ...(back.journal === undefined ? {} : { journal: back.journal }),
    ...notBack(from.place, why, back.error),
  };
}

function notBack(place: string, why: string, error: SlipwayError): Pick<Outcome, 'state'> & { error: SlipwayError } {
  const message = `${place}: it had to go back because ${why}, and did not: ${error.message}`;
  const hint = error.hint ?? 'Look at it with `mode: status`.';
  return { state: 'failed', error: new SlipwayError(error.code, message, { hint, cause: error }) };
}
