import { randomBytes } from 'node:crypto';
import { SlipwayError } from '../core/errors.ts';
import { Refusal } from '../core/host-agent/refusal.ts';
import { formatDuration } from '../core/units.ts';
import { keepData } from './backup/keep-data.ts';
import { passingTime } from './blue-green/soak.ts';
import type { Switched } from './conclude.ts';
import { asSlipwayError } from './fleet.ts';
import type { Goal } from './goal.ts';
import type { Request } from './host-session.ts';
import { inRotation } from './in-rotation.ts';
import { holdingLock, isNotAsSeen, lock, lockAsSeen } from './lock.ts';
import type { Means } from './means.ts';
import type { Outcome } from './outcome.ts';
import { type Prepared, prepare } from './prepare.ts';
import { switchRequest, watchRequest } from './requests.ts';
import type { BringIn } from './rotation.ts';
import type { Settings } from './settings.ts';
import { smokeStart } from './smoke/smoke.ts';
import { Steps } from './steps.ts';
import type { Surveyed } from './survey.ts';
import { switchTo } from './switch-to.ts';
import { isUnchanged, unchanged } from './unchanged.ts';

/** How long it counts what the survey saw of a host, which may have to wait for others; milliseconds. */
const fresh = 30_000;
/** The host's timer fires this much after the runner should have decided. */
const timerMargin = 10_000;
/** How long a release may take to be taken back; milliseconds. */
const revertTime = 60_000;

/**
 * Brings one host to its goal, or leaves it as it was. Whatever happens after the switch, the host ends with a healthy
 * release: the runner takes it back, and when the runner is gone the host's timer does.
 */
export async function deployHost(
  { session, goal, facts: looked }: Surveyed,
  settings: Settings,
  means: Means,
): Promise<Outcome> {
  const { signal, hooks, rotation } = means;
  const steps = new Steps(session.place);
  let facts = Date.now() - looked.at < fresh ? looked : await session.facts([goal.sha256]);
  const base = () => ({
    place: session.place,
    release: goal.id,
    previous: facts.current,
    binary: goal.image === undefined ? goal.sha256 : undefined,
    image: goal.image,
    started: steps.started,
  });
  if (isUnchanged(facts, goal)) return unchanged(base(), steps, goal, facts);
  const token = randomBytes(6).toString('hex');
  const locked = async (lockWait = settings.lockWait) => ({
    ...facts,
    ...(await lock(session, token, goal.sha256, { ...settings, lockWait }, signal)),
  });
  const settled = () =>
    lock(session, token, goal.sha256, { ...settings, lockWait: 10_000 }, AbortSignal.timeout(20_000)).then(
      () => true,
      () => false,
    );
  const occasion = () => ({ release: goal.id, previous: facts.current });
  const timer =
    settings.healthyDeadline + hooks.time('after-switch', session) + timerMargin + soakingTime(goal, settings);
  const next = [switchOf(token, goal, settings, timer), watchRequest(token, { hash: true, wait: 1000 })];
  // all up to the first look at the new process is sent together, as each of them costs a round trip
  const isBalanced = settings.loadBalancer !== undefined;
  const backup = goal.kind === 'deploy' ? settings.backup : undefined;
  const smoke = goal.kind === 'deploy' ? settings.smoke : undefined;
  const together =
    hooks.time('before-deploy', session) === 0 && !isBalanced && backup === undefined && smoke === undefined;
  let bringIn: BringIn | undefined;
  const { id, candidate } = goal;
  const preparing = { ...means, session, id, candidate, settings, steps, lock: locked, next: together ? next : [] };
  let prepared: Prepared | undefined;
  try {
    // of a release to go back to the survey did not ask whether it runs already
    if (together && !(goal.kind === 'rollback' && facts.current === goal.id)) {
      // for a host that is as it was seen, the lock is one of them
      const first = lockAsSeen(token, facts.stamp, settings);
      prepared = await prepare(facts, { ...preparing, first }).catch(error => {
        if (!isNotAsSeen(error)) throw error;
        return undefined;
      });
    }
    if (prepared === undefined) {
      facts = await steps.run('lock', () => locked());
      if (isUnchanged(facts, goal)) return unchanged(base(), steps, goal, facts);
      prepared = await prepare(facts, { ...preparing, first: [] });
    }
    if (!together) {
      // first, while nothing at all has been changed
      if (smoke !== undefined) await steps.run('smoke', () => smokeStart(session, id, smoke, settings, signal));
      // before the hooks: a migration of the data may be one
      if (backup !== undefined) await steps.run('backup', () => keepData(session, id, backup));
      await holdingLock(session, async () => {
        await hooks.beforeDeploy(session, occasion(), signal);
        if (isBalanced) bringIn = await steps.run('drain', () => rotation.takeOut(session, timer + revertTime, signal));
      });
      facts = await locked(10_000); // it may have been lost meanwhile, with the connection
      prepared = { ...prepared, next: await session.begin(next) };
    }
  } catch (error) {
    // what was sent may have been read: who has the lock again has taken it back, and knows that nothing is under way
    const knows = error instanceof Refusal || (await settled());
    return inRotation(notSwitched(base(), steps, settings, asSlipwayError(error), knows), steps, rotation, bringIn);
  }
  const switched: Switched = { ...base(), token, since: Date.now(), steps, exposure: prepared.exposure };
  const outcome = await switchTo(session, goal, switched, facts, settings, means, prepared);
  if (outcome.state === 'rolled-back') {
    // in a run that was cancelled, too
    await hooks.onRollback(session, occasion(), AbortSignal.timeout(hooks.time('on-rollback', session) + 1000));
  }
  return inRotation(outcome, steps, rotation, bringIn);
}

/** What served serves, where that is known; a host that was lost takes back by itself what it began. */
function notSwitched(
  base: Pick<Outcome, 'place' | 'release' | 'previous' | 'binary' | 'image' | 'started'>,
  steps: Steps,
  settings: Settings,
  error: SlipwayError,
  knows: boolean,
): Outcome {
  const ended = { state: 'failed', ended: Date.now(), spans: steps.spans, evidence: {} } as const;
  if (knows) return { ...base, ...ended, serving: base.previous, changed: false, error };
  const hint = `If the host switched all the same, it takes it back by itself within ${formatDuration(settings.healthyDeadline + timerMargin)}; look with mode: status.`;
  const lost = new SlipwayError(error.code, error.message, { hint, cause: error });
  return { ...base, ...ended, serving: undefined, changed: true, error: lost };
}

/** How long a new instance serves before it counts. */
function soakingTime({ ports }: Goal, { soakTime }: Settings): number {
  return ports === undefined ? 0 : soakTime + passingTime;
}

function switchOf(token: string, goal: Goal, settings: Settings, timer: number): Request {
  const way = goal.kind === 'restart' ? 'restart' : settings.way;
  return switchRequest(token, goal, Math.ceil(timer / 1000), settings.by, way);
}
