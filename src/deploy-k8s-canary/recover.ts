import type { Cluster } from '../core/kubernetes/index.ts';
import type { Identity } from './identity.ts';
import type { Journal } from './journal.ts';
import { restoreStable } from './rollback.ts';
import { type RolloutState, writeState } from './state.ts';

/** Ends a rollout that nobody drives any more: all traffic on the old release. A first deploy that was cut short has nothing to restore. */
export async function recover(
  cluster: Cluster,
  state: RolloutState,
  holder: string | undefined,
  { signal, journal }: { signal: AbortSignal; journal: Journal },
): Promise<Identity | undefined> {
  const who = holder === undefined ? state.by : holder;
  journal.note(
    `An unfinished rollout of ${state.image} at ${state.weight} % was left behind by ${who} (${state.phase}); ending it.`,
  );
  const reason = state.reason ?? 'the run that made it ended before it was done';
  if (state.former === undefined) {
    await writeState(cluster, { ...state, phase: 'failed', reason }, signal);
    return undefined;
  }
  const identity = await restoreStable(cluster, state, { signal, journal });
  await writeState(cluster, { ...state, phase: 'rolled-back', weight: 0, reason }, signal);
  return identity;
}
