import { randomBytes } from 'node:crypto';
import { sleep } from '../core/deadline.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';
import type { Candidate } from './candidate.ts';
import { concluded, type Switched, takenBack } from './conclude.ts';
import { type Exposure, verify } from './exposure.ts';
import type { HostFacts } from './facts.ts';
import { gateHost } from './gate-host.ts';
import { releasesToPrune } from './history.ts';
import type { HostSession } from './host-session.ts';
import type { Outcome } from './outcome.ts';
import { prepare } from './prepare.ts';
import type { Settings } from './settings.ts';
import { Steps } from './steps.ts';

/** What is to be served: a release to make, or (rollback) one that is on the host. */
export interface Goal {
  readonly kind: 'deploy' | 'rollback';
  readonly id: string;
  readonly sha256: string;
  readonly candidate?: Candidate;
}

/** The host's timer fires this much after the runner should have decided. */
const timerMargin = 10_000;

/**
 * Brings one host to its goal, or leaves it as it was. Whatever happens after the switch, the host ends with a healthy
 * release: the runner takes it back, and when the runner is gone the host's timer does.
 */
export async function deployHost(
  session: HostSession,
  goal: Goal,
  settings: Settings,
  directory: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const steps = new Steps(session.place);
  let facts = await session.facts();
  const base = () => ({
    place: session.place,
    release: goal.id,
    previous: facts.current,
    binary: goal.sha256,
    started: steps.started,
  });
  if (await isUnchanged(session, facts, goal)) return unchanged(base(), steps, goal);
  const token = randomBytes(6).toString('hex');
  let exposure: Exposure;
  try {
    await steps.run('lock', () => lock(session, token, settings, signal));
    facts = await session.facts();
    if (await isUnchanged(session, facts, goal)) return unchanged(base(), steps, goal);
    const again = () => lock(session, token, settings, signal);
    exposure =
      goal.candidate === undefined
        ? await verify(session, goal.id)
        : await prepare(goal.candidate, facts, { session, settings, steps, directory, signal, lock: again });
  } catch (error) {
    // nothing has been switched: what served serves
    return {
      ...base(),
      state: 'failed',
      serving: facts.current,
      changed: false,
      ended: Date.now(),
      spans: steps.spans,
      evidence: {},
      error: asError(error),
    };
  }
  const switched: Switched = { ...base(), token, since: Date.now(), steps, exposure };
  try {
    await steps.run('switch', () => startSwitch(session, token, goal, settings));
    const verdict = await steps.run(
      'health',
      () =>
        gateHost(
          session,
          {
            token,
            id: goal.id,
            sha256: goal.sha256,
            since: switched.since,
            leftBefore: facts.unit.left,
            pidBefore: facts.unit.last,
          },
          settings,
          signal,
        ),
      seen => seen.healthy,
    );
    if (!verdict.healthy) return await takenBack(session, switched, settings, verdict);
    await steps.run('confirm', () => session.ask('confirm', [token]));
    return await concluded(switched, settings, verdict, () => prune(session, settings));
  } catch (error) {
    const reason = error instanceof SlipwayError ? error : asError(error);
    return takenBack(session, switched, settings, {
      healthy: false,
      detail: reason.message,
      checks: [],
      cause: reason,
    });
  }
}

/** The same release, unit file and running binary: nothing is restarted. */
async function isUnchanged(session: HostSession, facts: HostFacts, goal: Goal): Promise<boolean> {
  const { unit, current, pending } = facts;
  const same = current === goal.id && pending.length === 0 && unit.active === 'active';
  if (!same || (goal.candidate !== undefined && goal.candidate.unit.trim() !== facts.unitFile.trim())) return false;
  return (await session.ask('watch', ['none', 'yes'])).text('sha256') === goal.sha256;
}

function unchanged(
  base: Pick<Outcome, 'place' | 'release' | 'previous' | 'binary' | 'started'>,
  steps: Steps,
  goal: Goal,
): Outcome {
  log.info(`${base.place}: ${goal.id} is served already; nothing was restarted`);
  return {
    ...base,
    state: 'unchanged',
    serving: goal.id,
    changed: false,
    ended: Date.now(),
    spans: steps.spans,
    evidence: { runningSha256: goal.sha256 },
  };
}

async function lock(session: HostSession, token: string, settings: Settings, signal: AbortSignal): Promise<void> {
  const until = Date.now() + settings.lockWait;
  const who = `${settings.by}, since ${new Date().toISOString()}`;
  let said = 0;
  for (;;) {
    try {
      await session.ask('lock', [token, who], { timeout: 240_000 });
      return;
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

async function startSwitch(session: HostSession, token: string, goal: Goal, settings: Settings): Promise<void> {
  const seconds = Math.ceil((settings.healthyDeadline + timerMargin) / 1000);
  try {
    await session.ask('switch', [token, goal.id, goal.kind, String(seconds), settings.by]);
  } catch (error) {
    // the connection may have died after the intent was written: then the switch is under way
    if (!(error instanceof SlipwayError) || error.code === 'SWITCH_FAILED') throw error;
    const { pending } = await session.facts();
    if (!pending.includes(`intent.${token}`)) throw error;
  }
}

async function prune(session: HostSession, settings: Settings): Promise<void> {
  try {
    const facts = await session.facts();
    const gone = releasesToPrune(facts.history, facts.current, facts.releases, settings.keepReleases);
    await session.ask('prune', gone);
  } catch (error) {
    log.warning(`${session.place}: old releases were not removed: ${messageOf(error)}`);
  }
}

function asError(error: unknown): SlipwayError {
  return error instanceof SlipwayError ? error : new SlipwayError('DEPLOY_FAILED', messageOf(error), { cause: error });
}
