import { randomUUID } from 'node:crypto';
import { deadline } from '../core/deadline.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { acquireLease, type Cluster, type HeldLease, nameOf } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { applyOthers } from './apply-release.ts';
import { canaryRollout } from './canary.ts';
import { discardCopies } from './discard-copies.ts';
import { findRouter } from './find-router.ts';
import { proveImage } from './identity.ts';
import type { Journal } from './journal.ts';
import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { type Plan, preflight } from './preflight.ts';
import { recover } from './recover.ts';
import { rollingRollout } from './rolling.ts';
import { Session } from './session.ts';
import { isUnfinished, newState, readState } from './state.ts';
import { takeBack } from './take-back.ts';

/** Deploys: preflight, lease, what a dead run left behind, rollout, and the way back when the release is not good. */
export async function deploy(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
): Promise<Outcome> {
  let plan = await journal.span('preflight', () => preflight(cluster, options, signal));
  const { workload } = plan.situation;
  const lease = await lock(cluster, workload, options, signal);
  try {
    const left = await readState(cluster, workload, signal);
    if (isUnfinished(left)) {
      await recover(cluster, left, lease.expiredHolder, { signal: AbortSignal.any([signal, lease.lost]), journal });
      plan = await preflight(cluster, options, signal);
    }
    if (plan.kind === 'unchanged') return await unchanged(cluster, plan, options, signal);
    const outcome = await rollOut(cluster, plan, options, journal, signal, lease);
    if (!signal.aborted && !lease.lost.aborted) await discardOld(cluster, workload, lease.lost);
    return outcome;
  } finally {
    await lease.release();
  }
}

/** What is left of old releases' configuration is no reason to fail. */
async function discardOld(cluster: Cluster, workload: string, signal: AbortSignal): Promise<void> {
  try {
    const old = await discardCopies(cluster, workload, signal);
    if (old.length > 0) log.info(`deleted ${old.join(', ')}: no release reads them any more`);
  } catch (error) {
    log.warning(`Copies of old configuration stay: ${messageOf(error)}`);
  }
}

/** Two jobs of one workflow run, on two runners, have the same name and may have the same pid: each process is a holder of its own. */
export function lock(cluster: Cluster, workload: string, options: Options, signal: AbortSignal): Promise<HeldLease> {
  const holder = `${options.by} (${randomUUID().slice(0, 8)})`;
  return acquireLease(cluster, { name: namesOf(workload).lease, holder, signal });
}

async function unchanged(
  cluster: Cluster,
  { situation }: Plan,
  options: Options,
  signal: AbortSignal,
): Promise<Outcome> {
  const { workload, container, image, previous } = situation;
  log.info(`Nothing to do: Deployment/${workload} already is what it should be (${image}).`);
  const identity = await proveImage(cluster, workload, container, image, options.digests, signal);
  return {
    state: 'unchanged',
    workload,
    release: options.releaseId || image,
    image,
    previous,
    changed: false,
    identity,
  };
}

async function rollOut(
  cluster: Cluster,
  plan: Plan,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
  lease: HeldLease,
): Promise<Outcome> {
  using limited = deadline(options.timeout, 'the rollout', AbortSignal.any([signal, lease.lost]));
  const session = new Session({ cluster, options, plan, journal, signal: limited, state: stateOf(plan, options) });
  const { workload, image, release, previous } = session.state;
  const base = { workload, release, image, previous };
  try {
    await session.save({});
    for (const note of plan.findings.notes) journal.note(note);
    const applied = await applyOthers(cluster, plan.situation, limited);
    if (applied.length > 0) log.info(`applied ${applied.join(', ')}`);
    if (plan.kind !== 'canary') {
      const identity = await rollingRollout(session);
      await session.save({ phase: 'healthy' });
      return { ...base, state: 'healthy', changed: true, identity };
    }
    // what was just applied may be the route itself
    if (applied.length > 0)
      await session.save({ router: (await findRouter(cluster, options, plan.situation.live!, limited)).state });
    const done = await canaryRollout(session);
    if (done.end === 'held') {
      await session.save({ phase: 'inconclusive', reason: session.analysis.evidence.reason });
      return { ...base, state: 'inconclusive', changed: true, error: held(session) };
    }
    await session.save({
      phase: 'healthy',
      ...(done.inconclusive ? { reason: 'promoted although inconclusive' } : {}),
    });
    return { ...base, state: 'healthy', changed: true, identity: done.identity };
  } catch (error) {
    // another run has taken over: not one write more to the cluster
    if (lease.lost.aborted) return { ...base, state: 'progressing', changed: true, error: lease.lost.reason };
    return takeBack(session, base, error, { cancelled: signal.aborted, lost: lease.lost });
  }
}

function stateOf({ kind, situation, router }: Plan, options: Options) {
  const { workload, container, live, image, previous, state } = situation;
  const first = kind === 'first';
  const copies = [...new Set([...(state?.copies ?? []), ...[...situation.copies.keys()].map(nameOf)])];
  return newState({
    workload,
    container,
    strategy: kind === 'canary' ? options.strategy : 'rolling',
    release: options.releaseId || image,
    image,
    previous: first ? '' : previous,
    previousRelease: first
      ? ''
      : state?.phase === 'rolled-back'
        ? state.previousRelease || previous
        : state?.release || previous,
    ...(first || live === undefined
      ? {}
      : { former: { template: live['spec'].template, replicas: live['spec'].replicas ?? 1 } }),
    ...(router === undefined ? {} : { router: router.state }),
    ...(copies.length === 0 ? {} : { copies }),
    steps: kind === 'canary' ? options.steps : [100],
    by: options.by,
    started: new Date().toISOString(),
  });
}

function held({ analysis, state }: Session): SlipwayError {
  return new SlipwayError(
    'INCONCLUSIVE',
    `the canary was left at ${state.weight} %: ${messageOf(analysis.evidence.reason)}`,
    {
      hint: 'Run with `mode: abort` to send all traffic to the old release, or deploy again.',
    },
  );
}
