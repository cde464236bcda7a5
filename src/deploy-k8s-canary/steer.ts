import { deadline, sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import { type Cluster, getObject, observeLease } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { drive } from './drive.ts';
import { proveImage } from './identity.ts';
import type { Journal } from './journal.ts';
import { ended, lastRollout, unchangedSince, workloadOf } from './last-rollout.ts';
import { alone, endUnfinished } from './modes.ts';
import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { resumed, withRollout } from './resume.ts';
import { isUnfinished, type RolloutState, statePath, type UnderWay } from './state.ts';
import { orderOf, putOrder } from './state-file.ts';
import { targetOf, titleOf } from './target.ts';

/** `mode: pause`: the rollout stays at its present weight; the run that drives it ends as `paused`. */
export async function pause(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
): Promise<Outcome> {
  const isDone = (state: RolloutState) => !isUnfinished(state) || ['paused', 'inconclusive'].includes(state.phase);
  const state = await ask(cluster, options, 'pause', isDone, signal);
  if (state !== undefined) {
    if (state.phase === 'paused' || state.phase === 'inconclusive') return ended(state, state.phase);
    log.info(`Nothing to pause: the last rollout of ${titleOf(state)} ended ${state.phase}.`);
    return unchangedSince(state);
  }
  const nothingToDo = (now: RolloutState) => (isDone(now) ? `Nothing to pause: it is ${now.phase}.` : undefined);
  return alone(cluster, options, journal, signal, nothingToDo, async (now, { file }) => {
    refuseLate(now);
    await file.write({ ...now, phase: 'paused', reason: `paused by ${options.by}` }, signal);
    await file.clearOrder(signal);
    journal.note(`Nobody drove the rollout of ${now.image}; it is held at ${now.weight} %.`);
    return { ...ended(now, 'paused'), changed: true };
  });
}

/** `mode: promote`: no more waiting, the release goes to 100 %. The run that drives the rollout does it; without one, this run. */
export async function promote(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
): Promise<Outcome> {
  const isDone = (state: RolloutState) => !isUnfinished(state);
  const before = await lastRollout(cluster, workloadOf(options), signal);
  if (isDone(before)) return { ...(await promoted(cluster, before, signal)), changed: false };
  const state = await ask(cluster, options, 'promote', isDone, signal);
  if (state !== undefined) return promoted(cluster, state, signal);
  const nothingToDo = (now: RolloutState) => (isDone(now) ? `Nothing to promote: it ended ${now.phase}.` : undefined);
  return alone(cluster, options, journal, signal, nothingToDo, async (now, wheel) => {
    if (now.phase === 'rolling-back') {
      await endUnfinished(now, wheel);
      return promoted(cluster, { ...now, phase: 'rolled-back' }, signal);
    }
    if (now.progress === undefined) throw late(now, 'promoted: a version began it that kept no progress');
    const mine = { ...now, progress: now.progress };
    const byHand = mine.progress.byHand ?? byHandOf(mine, options.by);
    const state = resumed(mine, options, journal);
    const going = { ...state, reason: byHand, progress: { ...state.progress, byHand } };
    journal.note(`${byHand[0]!.toUpperCase()}${byHand.slice(1)}.`);
    return drive({ ...wheel, options: withRollout(options, mine) }, going);
  });
}

/**
 * Asks the run that drives the rollout, for as long as one does.
 *
 * @returns the state when it is as asked; undefined when nobody drives it
 */
async function ask(
  cluster: Cluster,
  { by, mode, timeout, ...options }: Options,
  order: 'pause' | 'promote',
  isDone: (state: RolloutState) => boolean,
  signal: AbortSignal,
): Promise<RolloutState | undefined> {
  const workload = workloadOf({ by, mode, timeout, ...options });
  using limited = deadline(timeout, `mode: ${mode}`, signal);
  for (;;) {
    const state = await lastRollout(cluster, workload, limited);
    if (isDone(state)) return state;
    if (order === 'pause') refuseLate(state);
    const { alive } = await observeLease(cluster, namesOf(workload.name).lease, { signal: limited });
    if (!alive) {
      const now = await lastRollout(cluster, workload, limited); // as the run left it that has just ended
      return isDone(now) ? now : undefined;
    }
    // it may be taken away by a run that has just begun
    if (orderOf(await getObject(cluster, statePath(cluster, workload.name), limited)) === undefined) {
      log.info(`Asking the run that drives the rollout (${state.holder ?? state.by}) to ${order} …`);
      await putOrder(cluster, workload.name, { order, by }, limited);
    }
    await sleep(500, limited);
  }
}

/** How a rollout that was to be promoted ended, by whichever run. */
async function promoted(cluster: Cluster, state: RolloutState, signal: AbortSignal): Promise<Outcome> {
  const { phase, container, image, reason = '' } = state;
  if (phase === 'healthy') {
    const digests = image.includes('@') ? [image.split('@')[1]!] : [];
    const identity = await proveImage(cluster, targetOf(state), container, image, digests, signal);
    return { ...ended(state, 'healthy'), identity, changed: true };
  }
  const error = new SlipwayError('NOT_PROMOTED', `the rollout of ${image} ended ${phase}: ${reason}`, {
    hint: 'See the log of the run that drove it; deploy again.',
  });
  return { ...ended(state, phase === 'rolled-back' ? 'rolled-back' : 'failed'), error };
}

function byHandOf({ weight, progress: { evidence, rows } }: UnderWay, by: string): string {
  const { canary, baseline } = rows.at(-1) ?? {};
  const seen =
    evidence === undefined || canary === undefined || baseline === undefined
      ? 'no evidence'
      : `failed ${canary.errors} of ${canary.requests} new and ${baseline.errors} of ${baseline.requests} old at this step`;
  return `promoted by hand at ${weight} %, by ${by}: ${seen}`;
}

function refuseLate(state: RolloutState): void {
  const { phase, strategy } = state;
  if (phase === 'promoting' || phase === 'rolling-back')
    throw late(state, `paused: it is ${phase}, which has no weight to stay at`);
  if (strategy === 'rolling') throw late(state, 'paused: a rolling update has no weight to stay at');
}

function late(state: RolloutState, why: string): SlipwayError {
  return new SlipwayError('TOO_LATE', `the rollout of ${state.image} to ${titleOf(state)} cannot be ${why}`, {
    hint: 'See `mode: status`. Nothing was changed.',
  });
}
