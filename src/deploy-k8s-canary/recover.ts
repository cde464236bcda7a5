import { stopJobs } from './before/run-jobs.ts';
import type { Identity } from './identity.ts';
import type { Journal } from './journal.ts';
import { restoreStable } from './rollback.ts';
import { endedState, type RolloutState } from './state.ts';
import type { StateFile } from './state-file.ts';

/** Ends a rollout that nobody drives any more: all traffic on the old release. A first deploy that was cut short has nothing to restore. */
export async function recover(
  file: StateFile,
  state: RolloutState,
  holder: string | undefined,
  { signal, journal }: { signal: AbortSignal; journal: Journal },
): Promise<Identity | undefined> {
  const who = holder === undefined ? state.by : holder;
  journal.note(
    `An unfinished rollout of ${state.image} at ${state.weight} % was left behind by ${who} (${state.phase}); ending it.`,
  );
  await stopJobs(file.cluster, state, signal);
  const reason = state.reason ?? 'the run that made it ended before it was done';
  if (state.former === undefined) {
    await file.write(endedState(state, 'failed', reason), signal);
    return undefined;
  }
  await file.write({ ...state, phase: 'rolling-back', reason }, signal);
  const identity = await restoreStable(file.cluster, state, { signal, journal });
  await file.write(endedState(state, 'rolled-back', reason), signal);
  await file.clearOrder(signal);
  return identity;
}
