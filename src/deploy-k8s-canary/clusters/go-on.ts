import { SlipwayError } from '../../core/errors.ts';
import { deploy } from '../deploy.ts';
import { ended } from '../last-rollout.ts';
import { resume } from '../modes.ts';
import type { Outcome } from '../outcome.ts';
import { isUnfinished, readState } from '../state.ts';
import { titleOf } from '../target.ts';
import type { Site } from './sites.ts';

/**
 * `mode: resume` of several clusters: what is unfinished goes on, what was not begun yet is begun, if it is known what. A release
 * that was found to be bad is not tried again.
 */
export async function goOn({ cluster, options, journal }: Site, signal: AbortSignal): Promise<Outcome> {
  const { workload, image, manifests } = options;
  const state = workload && (await readState(cluster, workload, signal));
  if (isUnfinished(state) || (image === undefined && manifests.length === 0))
    return resume(cluster, options, journal, signal);
  if (state === undefined || state.image !== image || (state.phase !== 'rolled-back' && state.phase !== 'failed'))
    return deploy(cluster, options, journal, signal);
  const error = new SlipwayError(
    'NOT_RESUMED',
    `the rollout of ${image} to ${titleOf(state)} ended ${state.phase}: ${state.reason ?? ''}`,
    { hint: 'To try the same release again, run `mode: deploy`.' },
  );
  return { ...ended(state, state.phase), error };
}
