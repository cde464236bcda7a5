import { randomBytes } from 'node:crypto';
import { sleep } from '../core/deadline.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import type { Answer } from '../core/host-agent/answer.ts';
import { Refusal } from '../core/host-agent/refusal.ts';
import { readUnitFiles, type UnitFile } from '../core/host-agent/unit-files.ts';
import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';
import { keepData } from './backup/keep-data.ts';
import { checksFor } from './blue-green/checks.ts';
import type { Ports } from './blue-green/ports.ts';
import { passingTime, soak } from './blue-green/soak.ts';
import type { Candidate } from './candidate.ts';
import { concluded, type Switched, takenBack } from './conclude.ts';
import type { HostFacts } from './facts.ts';
import { confirmedAnew, mustBeAnew } from './firewall/anew.ts';
import { type GateVerdict, gateHost } from './gate-host.ts';
import { releasesToPrune } from './history.ts';
import type { Hooks } from './hooks.ts';
import { type HostSession, isLost, type Request } from './host-session.ts';
import { inRotation } from './in-rotation.ts';
import { holdingLock, isNotAsSeen, lock, lockAsSeen } from './lock.ts';
import type { Outcome } from './outcome.ts';
import { type Prepared, prepare } from './prepare.ts';
import { confirmRequest, switchRequest, watchRequest } from './requests.ts';
import type { BringIn, Rotation } from './rotation.ts';
import type { Settings } from './settings.ts';
import { smokeStart } from './smoke/smoke.ts';
import { Steps } from './steps.ts';
import type { Surveyed } from './survey.ts';
import { gateJob } from './timer/gate-job.ts';
import { isUnchanged, unchanged } from './unchanged.ts';

/** What is to be served: a release to make, one that is on the host (rollback), or the present one, anew (restart). */
export interface Goal {
  readonly kind: 'deploy' | 'rollback' | 'restart';
  readonly id: string;
  readonly sha256: string;
  /** Whether a timer starts it, and it does not stay up. */
  readonly isJob: boolean;
  /** With its digest, where it is a container. */
  readonly image?: string | undefined;
  /** Where it has two instances, which take turns. */
  readonly ports?: Ports | undefined;
  readonly candidate?: Candidate;
}

/** What is the same for all hosts of a run, beside the settings. */
export interface Means {
  /** Where the inputs' relative paths begin. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly hooks: Hooks;
  readonly rotation: Rotation;
}

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
    return inRotation(notSwitched(base(), steps, settings, asError(error), knows), steps, rotation, bringIn);
  }
  const switched: Switched = { ...base(), token, since: Date.now(), steps, exposure: prepared.exposure };
  const outcome = await switchTo(session, goal, switched, facts, settings, means, prepared);
  if (outcome.state === 'rolled-back') {
    // in a run that was cancelled, too
    await hooks.onRollback(session, occasion(), AbortSignal.timeout(hooks.time('on-rollback', session) + 1000));
  }
  return inRotation(outcome, steps, rotation, bringIn);
}

/** From the switch to its end: confirmed, or taken back. */
async function switchTo(
  session: HostSession,
  goal: Goal,
  switched: Switched,
  facts: HostFacts,
  settings: Settings,
  { signal, hooks }: Means,
  prepared: Prepared,
): Promise<Outcome> {
  const { token, steps } = switched;
  const [switching, watching] = prepared.next as [Promise<Answer>, Promise<Answer>];
  try {
    await steps.run('switch', () => switchedOver(session, token, switching));
    const release = {
      token,
      id: goal.id,
      sha256: goal.sha256,
      since: switched.since,
      // the process of the other instance is not that of this one
      leftBefore: goal.ports === undefined ? facts.unit.left : 0,
      pidBefore: goal.ports === undefined ? facts.unit.last : 0,
      restartsBefore: goal.ports === undefined ? facts.unit.restarts : 0,
      first: watching,
    };
    const checks = checksFor(settings, goal.ports, facts.colour);
    const tried = await steps.run(
      'health',
      () =>
        goal.isJob
          ? gateJob(session, release, runsOnce(goal, settings), settings, signal)
          : gateHost(session, release, { ...settings, checks: checks.before }, signal),
      seen => seen.healthy,
    );
    const verdict =
      goal.ports === undefined || !tried.healthy
        ? tried
        : await steps.run(
            'soak',
            () => soak(session, release, checks.after, settings, signal),
            seen => seen.healthy,
          );
    if (!verdict.healthy) return await takenBack(session, switched, settings, verdict);
    const occasion = { release: goal.id, previous: facts.current };
    await holdingLock(session, () => hooks.afterSwitch(session, occasion, signal));
    const end = await steps.run('confirm', () => confirmed(session, token, verdict, pruned(facts, goal, settings)));
    if ('detail' in end) return await takenBack(session, switched, settings, { ...verdict, ...end });
    return concluded(switched, settings, verdict, end);
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

/** An earlier release has shown already that it runs. */
function runsOnce({ kind }: Goal, { timer }: Settings): boolean {
  return kind !== 'rollback' && timer?.run === 'once';
}

function switchOf(token: string, goal: Goal, settings: Settings, timer: number): Request {
  const way = goal.kind === 'restart' ? 'restart' : settings.way;
  return switchRequest(token, goal, Math.ceil(timer / 1000), settings.by, way);
}

async function switchedOver(session: HostSession, token: string, switching: Promise<Answer>): Promise<void> {
  try {
    await switching;
  } catch (error) {
    if (!isLost(error)) throw error;
    // the host may have read more than it could answer: it has while the lock is held
    for (let tries = 0; tries < 60; tries++) {
      const { pending, holder } = await session.facts();
      if (pending.includes(`intent.${token}`)) return;
      if (holder === '') break;
      await sleep(500);
    }
    throw error;
  }
}

/** What systemd has loaded of a release that is confirmed; else how the process that passed is not there any more. */
async function confirmed(
  session: HostSession,
  token: string,
  { up }: GateVerdict,
  prune: Request,
): Promise<readonly UnitFile[] | Pick<GateVerdict, 'healthy' | 'detail'>> {
  const request = confirmRequest(token, up!);
  let [confirming, pruning] = await session.begin([request, prune]);
  let answer: Answer;
  try {
    answer = await confirming!.catch(async error => {
      if (mustBeAnew(error)) {
        const answered = await confirmedAnew(session, request);
        [pruning] = await session.begin([prune]);
        return answered;
      }
      if (!isLost(error)) throw error;
      return (await session.askAll([request, prune]))[0]!; // over a new connection; both can be done again
    });
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'NOT_STEADY') throw error;
    return { healthy: false, detail: `it was up and fell within min-healthy-time: ${error.cause}` };
  }
  await pruning!.catch(error => {
    if (!isLost(error)) log.warning(`${session.place}: old releases were not removed: ${messageOf(error)}`);
  });
  return readUnitFiles(answer.text('files'));
}

/** What goes once this release is confirmed. */
function pruned(facts: HostFacts, { id, kind }: Goal, settings: Settings): Request {
  const entry = { at: 0, token: '', result: 'confirmed', kind, release: id, previous: facts.current, by: '' };
  const releases = [...new Set([...facts.releases, id])];
  return { verb: 'prune', args: releasesToPrune([...facts.history, entry], id, releases, settings.keepReleases) };
}

function asError(error: unknown): SlipwayError {
  return error instanceof SlipwayError ? error : new SlipwayError('DEPLOY_FAILED', messageOf(error), { cause: error });
}
