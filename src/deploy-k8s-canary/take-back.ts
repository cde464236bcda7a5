import { deadline } from '../core/deadline.ts';
import { messageOf, SlipwayError, wrap } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { jobsLeft, stopJobs } from './before/run-jobs.ts';
import type { Identity } from './identity.ts';
import type { Outcome } from './outcome.ts';
import { restoreStable } from './rollback.ts';
import { RolloutError } from './rollout-error.ts';
import type { Session } from './session.ts';
import { endedState } from './state.ts';
import { titleOf } from './target.ts';

/** A runner that cancels gives 7.5 s; a rollout that failed may take its time. */
const within = { cancelled: 6500, failed: 300_000, set: 1_800_000 };

/**
 * A rollout that failed, ran out of time or was cancelled: the old release again, and the reason on record. At a first deploy
 * there is nothing to go back to; what was applied stays, to be looked at.
 */
export async function takeBack(
  session: Session,
  base: Pick<Outcome, 'kind' | 'workload' | 'release' | 'image' | 'previous'>,
  cause: unknown,
  { cancelled, lost }: { readonly cancelled: boolean; readonly lost: AbortSignal },
): Promise<Outcome> {
  const { cluster, file, journal, state } = session;
  const lines = cause instanceof RolloutError ? cause.lines : [];
  log.info(messageOf(cause)); // the error itself comes at the end, when it is known what serves
  for (const line of lines) log.info(`  ${line}`);
  using limited = deadline(
    cancelled ? within.cancelled : within[state.kind === undefined ? 'failed' : 'set'],
    'the rollback',
    lost,
  );
  const reason = messageOf(cause);
  await stopJobs(cluster, state, limited).catch(error => log.warning(messageOf(error)));
  if (state.former === undefined) {
    await file.write(endedState(state, 'failed', reason), limited).catch(error => log.warning(messageOf(error)));
    const error = wrap(
      'FIRST_DEPLOY_FAILED',
      `the first deploy of ${titleOf(base)} failed and there is nothing to go back to`,
      cause,
    );
    return { ...base, state: 'failed', changed: true, error, lines };
  }
  const how = jobsLeft(state).length > 0 ? 'not begun' : 'rolled back';
  try {
    // first of all it is written that there is no going on from here any more
    await file.write({ ...state, phase: 'rolling-back', reason }, limited);
    const identity = await restoreStable(cluster, state, { signal: limited, journal, hurry: cancelled });
    if (identity === undefined && state.kind !== undefined)
      return { ...base, state: 'progressing', changed: true, error: goingBack(base, cause), lines };
    await file.write(endedState(state, 'rolled-back', reason), limited);
    return {
      ...base,
      state: 'rolled-back',
      changed: false,
      identity,
      error: rolledBack(base, cause, identity, how),
      lines,
    };
  } catch (error) {
    const failed = wrap(
      'ROLLBACK_FAILED',
      `${titleOf(base)}: ${messageOf(cause)}; and the rollback did not end`,
      error,
      hintOf(error),
    );
    if (failed.code === 'LOCK_LOST') return { ...base, state: 'progressing', changed: true, error: failed };
    const unfinished = { ...state, phase: 'rolling-back' as const, reason: messageOf(failed) };
    await file.write(unfinished, limited).catch(() => undefined); // any later run ends it
    return { ...base, state: 'failed', changed: true, error: failed, lines };
  }
}

/** A set's pods go back one after the other, which takes longer than a runner that cancels gives. */
function goingBack(base: Pick<Outcome, 'kind' | 'workload' | 'image' | 'previous'>, cause: unknown): SlipwayError {
  const code = cause instanceof SlipwayError ? cause.code : 'ROLLED_BACK';
  return new SlipwayError(
    code,
    `${titleOf(base)}: ${messageOf(cause)}; it has the template of ${base.previous} again, and its pods follow one after the other`,
    { hint: 'Run `mode: abort`: it waits for them, and proves what they run.', cause },
  );
}

/** What the failed rollback asks for itself, and then the mode that ends it. */
function hintOf(error: unknown): string {
  const own = error instanceof SlipwayError && error.hint !== undefined ? `${error.hint} ` : '';
  if (own.includes('`mode: abort`')) return own.trim();
  return `${own}Run \`mode: abort\` when the cluster can be reached: it ends the rollback.`;
}

function rolledBack(
  base: Pick<Outcome, 'kind' | 'workload' | 'image' | 'previous'>,
  cause: unknown,
  identity: Identity | undefined,
  how: string,
): SlipwayError {
  const { image, previous } = base;
  const code = cause instanceof SlipwayError ? cause.code : 'ROLLED_BACK';
  const hint = cause instanceof SlipwayError && cause.hint !== undefined ? cause.hint : 'See the log above.';
  const serves =
    identity === undefined
      ? `all traffic is on ${previous}`
      : `${identity.pods.length} pods serve ${previous}, identity ${identity.identity}`;
  return new SlipwayError(code, `${titleOf(base)}: ${image} was ${how}: ${messageOf(cause)}; ${serves}`, {
    hint,
    cause,
  });
}
