import { deadline } from '../core/deadline.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { type Cluster, getObject, type HeldLease, workloadPath } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { applyOthers } from './apply-release.ts';
import { runJobs } from './before/run-jobs.ts';
import { canaryRollout } from './canary.ts';
import { discardCopies } from './discard-copies.ts';
import { findRouter } from './find-router.ts';
import type { Journal } from './journal.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { rollingRollout } from './rolling.ts';
import { Session } from './session.ts';
import { setCanary } from './sets/canary.ts';
import { type Situation, takeSituation } from './situation.ts';
import { endedState, type UnderWay } from './state.ts';
import type { StateFile } from './state-file.ts';
import { takeBack } from './take-back.ts';
import { targetOf } from './target.ts';
import type { CanaryEnd } from './walk.ts';

/** What it takes to drive a rollout: the lease, and the state that only its holder writes. */
export interface Wheel {
  readonly cluster: Cluster;
  readonly options: Options;
  readonly journal: Journal;
  readonly lease: HeldLease;
  readonly file: StateFile;
  /** Aborted when the runner cancels. */
  readonly signal: AbortSignal;
}

/**
 * Brings a rollout from where its state says to its end, or back when the release is not good, or as far as it is to go now.
 *
 * @param situation what was found before the start; a run that goes on looks itself, where there still is something to apply
 */
export async function drive(wheel: Wheel, state: UnderWay, situation?: Situation): Promise<Outcome> {
  const outcome = await toItsEnd(wheel, state, situation);
  if (!wheel.signal.aborted && !wheel.lease.lost.aborted) await discardOld(wheel.file, wheel.lease.lost);
  return outcome;
}

async function toItsEnd(
  { cluster, options, journal, lease, file, signal }: Wheel,
  state: UnderWay,
  situation: Situation | undefined,
): Promise<Outcome> {
  const { workload, image, release, previous } = state;
  const target = targetOf(state);
  const base = { kind: target.kind, workload, release, image, previous };
  const time = Math.max(0, options.timeout - state.progress.spent);
  using limited = deadline(time, 'the rollout', AbortSignal.any([signal, lease.lost]));
  const live = await getObject(cluster, workloadPath(cluster.namespace, target), signal);
  const session = new Session({ cluster, options, file, live, journal, signal: limited, state });
  try {
    await session.save({});
    await file.clearOrder(limited);
    if (!state.progress.applied) await applyFirst(session, situation);
    await runJobs(session);
    if (state.progress.work.kind !== 'canary') {
      const identity = await rollingRollout(session);
      await file.write(endedState(session.state, 'healthy'), limited);
      return { ...base, state: 'healthy', changed: true, identity };
    }
    const done = await (state.kind === undefined ? canaryRollout : setCanary)(session);
    if (done.end !== 'promoted') return { ...base, ...(await stay(session, done)) };
    await file.write(endedState(session.state, 'healthy'), limited);
    return { ...base, state: 'healthy', changed: true, identity: done.identity };
  } catch (error) {
    // another run has taken over: not one write more to the cluster
    const lost = lease.lost.aborted ? lease.lost.reason : error;
    if (lost instanceof SlipwayError && lost.code === 'LOCK_LOST')
      return { ...base, state: 'progressing', changed: true, error: lost };
    return takeBack(session, base, error, { cancelled: signal.aborted, lost: lease.lost });
  }
}

/** What is left of old releases' configuration is no reason to fail. */
async function discardOld(file: StateFile, signal: AbortSignal): Promise<void> {
  try {
    const old = await discardCopies(file, signal);
    if (old.length > 0) log.info(`deleted ${old.join(', ')}: no release reads them any more`);
  } catch (error) {
    log.warning(`Copies of old configuration stay: ${messageOf(error)}`);
  }
}

/** What the manifests have besides the workload. */
async function applyFirst(session: Session, known: Situation | undefined): Promise<void> {
  const { cluster, options, signal, plan } = session;
  const applied = await applyOthers(cluster, known ?? (await takeSituation(cluster, options, signal)), signal);
  if (applied.length > 0) log.info(`applied ${applied.join(', ')}`);
  const again = session.router !== undefined && (applied.length > 0 || known === undefined);
  // what was just applied may be the route itself
  const router = again
    ? (await findRouter(cluster, options, plan.situation.live!, signal)).state
    : session.state.router;
  await session.save(router === undefined ? {} : { router }, { applied: true });
}

/** The canary stays at its weight: this run ends, and another goes on. */
async function stay(
  session: Session,
  { end, why }: Exclude<CanaryEnd, { end: 'promoted' }>,
): Promise<Pick<Outcome, 'state' | 'changed' | 'error'>> {
  const { file, journal, signal, state } = session;
  const reason = end === 'paused' ? `paused by ${why}` : end === 'progressing' ? 'max-runtime' : why;
  await session.save({ phase: end, reason });
  await file.clearOrder(signal);
  if (end !== 'inconclusive') {
    journal.note(`${state.workload} stays at ${state.weight} % (${reason}); \`mode: resume\` goes on from here.`);
    return { state: end, changed: true };
  }
  const error = new SlipwayError('INCONCLUSIVE', `the canary was left at ${state.weight} %: ${why}`, {
    hint: 'Run with `mode: resume` to watch for another step’s time, `promote` to go on all the same, or `abort` to send all traffic to the old release.',
  });
  return { state: end, changed: true, error };
}
