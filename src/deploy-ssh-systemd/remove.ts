import { randomBytes } from 'node:crypto';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { HostSession } from './host-session.ts';
import { lock } from './lock.ts';
import type { Outcome } from './outcome.ts';
import type { Settings } from './settings.ts';
import { Steps } from './steps.ts';

/**
 * Stops the service and takes away all that is ours: units, guard, releases. What the service wrote itself stays. What is
 * not ours is refused.
 */
export async function removeHost(session: HostSession, settings: Settings, signal: AbortSignal): Promise<Outcome> {
  const steps = new Steps(session.place);
  const { service, directory } = settings;
  const facts = await session.facts();
  const nothing = facts.directory === '' && !facts.ours;
  const isOurs =
    facts.directory !== '' && facts.directory !== 'ours' ? false : facts.ours || facts.unit.fragment === '';
  if (!isOurs) {
    const what = facts.unit.fragment === '' || facts.ours ? directory : facts.unit.fragment;
    throw new SlipwayError('REMOVE_REFUSED', `${session.place}: ${what} is not of Slipway’s ${service}`, {
      hint: 'Nothing was changed. Correct "service" or "service-directory".',
    });
  }
  const base = { place: session.place, release: facts.current, previous: facts.current, binary: undefined };
  const ended = { ...base, started: steps.started, spans: steps.spans, serving: '' };
  if (nothing) {
    log.info(`${session.place}: nothing of ${service} is there`);
    return { ...ended, state: 'unchanged', changed: false, ended: Date.now(), evidence: {} };
  }
  await steps.run('lock', () => lock(session, randomBytes(6).toString('hex'), 'none', settings, signal));
  const answer = await steps.run('remove', () => session.ask('remove', [], { timeout: 120_000 }));
  const left = answer.all('left');
  if (left.length > 0) log.info(`${session.place}: left as it is: ${left.join(', ')}`);
  return { ...ended, state: 'removed', changed: true, ended: Date.now(), evidence: { left } };
}
