import { deadline } from '../core/deadline.ts';
import { type Cluster, getObject, workloadPath } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { drive, type Wheel } from './drive.ts';
import { refuseOwned } from './gitops/refuse-owned.ts';
import type { Journal } from './journal.ts';
import { ended, lastRollout, neverAny, unchangedSince, workloadOf } from './last-rollout.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { recover } from './recover.ts';
import { refuseOthers, resumed, withRollout } from './resume.ts';
import { restoreStable } from './rollback.ts';
import { endedState, isUnfinished, type RolloutState } from './state.ts';
import { takeWheel } from './take-wheel.ts';
import { targetOf, titleOf } from './target.ts';

type Mode = (cluster: Cluster, options: Options, journal: Journal, signal: AbortSignal) => Promise<Outcome>;

const nothingLeft = (doing: string) => (state: RolloutState) =>
  isUnfinished(state) ? undefined : `Nothing to ${doing}: the last rollout of ${titleOf(state)} ended ${state.phase}.`;

/** `mode: abort`: an unfinished rollout is ended, all traffic on the old release. Nothing unfinished is no error. */
export const abort: Mode = (cluster, options, journal, signal) =>
  alone(cluster, options, journal, signal, nothingLeft('abort'), endUnfinished);

/** `mode: resume`: an unfinished rollout goes on where it was. One that was going back goes back. */
export const resume: Mode = (cluster, options, journal, signal) =>
  alone(cluster, options, journal, signal, nothingLeft('resume'), async (state, wheel) => {
    if (state.phase === 'rolling-back') return endUnfinished(state, wheel);
    const mine = await refuseOthers(state, options, cluster);
    return drive({ ...wheel, options: withRollout(options, mine) }, resumed(mine, options, journal));
  });

/**
 * `mode: rollback`: the release before the last one that was deployed; an unfinished rollout is aborted.
 *
 * @param reservation why not, as a sentence, of the state as it is when nobody else can change it any more
 */
export const rollback = (
  ...[cluster, options, journal, signal, reservation]: [
    ...Parameters<Mode>,
    reservation?: (state: RolloutState) => string | undefined,
  ]
): Promise<Outcome> => {
  const nothingToDo = (state: RolloutState) =>
    state.phase === 'rolled-back'
      ? `Nothing to do: ${titleOf(state)} was rolled back already and runs ${state.previous}.`
      : reservation?.(state);
  return alone(cluster, options, journal, signal, nothingToDo, async (state, wheel) => {
    if (isUnfinished(state)) return endUnfinished(state, wheel);
    const path = workloadPath(wheel.cluster.namespace, targetOf(state));
    const live = await getObject(wheel.cluster, path, wheel.signal);
    refuseOwned(live === undefined ? [] : [live], options.rendered !== undefined);
    const { router: _, ...rest } = state; // how traffic was divided then is no matter of today's
    return limitedTo(options, wheel, async limited => {
      if (state.former !== undefined) await wheel.file.write({ ...rest, phase: 'rolling-back' }, limited);
      const identity = await restoreStable(wheel.cluster, rest, { signal: limited, journal });
      await wheel.file.write(endedState(rest, 'rolled-back', 'mode: rollback'), limited);
      return { ...ended(rest, 'rolled-back'), identity, changed: true };
    });
  });
};

export function endUnfinished(state: RolloutState, wheel: Wheel): Promise<Outcome> {
  const { file, journal, lease, options } = wheel;
  return limitedTo(options, wheel, async signal => {
    const identity = await recover(file, state, lease.expiredHolder, { signal, journal });
    return { ...ended(state, state.former === undefined ? 'failed' : 'rolled-back'), identity, changed: true };
  });
}

function limitedTo<T>(
  { timeout, mode }: Options,
  { signal, lease }: Wheel,
  task: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = deadline(timeout, `mode: ${mode}`, AbortSignal.any([signal, lease.lost]));
  return task(limited).finally(() => limited[Symbol.dispose]());
}

/**
 * Does something to the last rollout, with the lease. What there is to do is asked again when nobody else can change it any
 * more: a run that has ended in between may have promoted its release.
 */
export async function alone(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
  nothingToDo: (state: RolloutState) => string | undefined,
  task: (state: RolloutState, wheel: Wheel) => Promise<Outcome>,
): Promise<Outcome> {
  const workload = workloadOf(options);
  const unchanged = (state: RolloutState): Outcome | undefined => {
    const said = nothingToDo(state);
    if (said === undefined) return undefined;
    log.info(said);
    return unchangedSince(state);
  };
  const before = unchanged(await lastRollout(cluster, workload, signal));
  if (before !== undefined) return before;
  return takeWheel(cluster, workload.name, { options, journal, signal }, async wheel => {
    const state = wheel.file.state ?? neverAny(cluster, workload);
    return unchanged(state) ?? (await task(state, wheel));
  });
}
