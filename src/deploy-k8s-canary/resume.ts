import { SlipwayError } from '../core/errors.ts';
import type { Cluster } from '../core/kubernetes/index.ts';
import type { Journal } from './journal.ts';
import type { Options } from './options.ts';
import { differing, requestOf } from './request.ts';
import type { RolloutState, UnderWay } from './state.ts';
import { titleOf } from './target.ts';

/**
 * That a rollout can be gone on with, by whoever has these inputs.
 *
 * @throws RESUME_DIFFERS when they ask for something else, RESUME_IMPOSSIBLE where the state does not say enough
 */
export async function refuseOthers(state: RolloutState, options: Options, cluster: Cluster): Promise<UnderWay> {
  const { progress, image } = state;
  if (progress === undefined)
    throw new SlipwayError(
      'RESUME_IMPOSSIBLE',
      `the rollout of ${image} was begun by a version that kept no progress`,
      {
        hint: 'Run `mode: abort`, then deploy again. Nothing was changed.',
      },
    );
  const others = differing(progress.request, await requestOf(options, cluster.namespace));
  if (others.length > 0)
    throw new SlipwayError(
      'RESUME_DIFFERS',
      `the unfinished rollout of ${titleOf(state)} is not the one that these inputs describe: ${others.join('; ')}`,
      {
        hint: 'Resume with the inputs that it was begun with (image and manifests may be left out), or run `mode: abort`. Nothing was changed.',
      },
    );
  if (!progress.applied && progress.request.manifests !== undefined && options.manifests.length === 0)
    throw new SlipwayError('RESUME_IMPOSSIBLE', 'the run before this one ended before all manifests were applied', {
      hint: 'Give the input "manifests" as it was, or run `mode: abort`. Nothing was changed.',
    });
  return { ...state, progress };
}

/** The state as a run goes on with it: what it was held for is over. */
export function resumed({ reason, ...state }: UnderWay, { by }: Options, journal: Journal): UnderWay {
  const { phase, progress, image, weight } = state;
  const why = reason === undefined ? `the run by ${state.by} ended before it was done` : reason;
  journal.note(`Going on with the rollout of ${image} at ${weight} % (${phase}: ${why}), now by ${by}.`);
  const keep = progress.byHand !== undefined || phase === 'promoting';
  return {
    ...state,
    phase: phase === 'promoting' ? 'promoting' : 'progressing',
    ...(keep && reason !== undefined ? { reason } : {}),
    // what was held for want of evidence is watched for another step's time
    progress: phase === 'inconclusive' ? { ...progress, watched: 0 } : progress,
  };
}

/** Options of the rollout itself, from its state: whoever ends the waiting by hand need not know them. */
export function withRollout(options: Options, { steps, strategy, progress }: UnderWay): Options {
  const { request } = progress;
  const { image, digests, alpha, beta, tolerance } = request;
  return {
    ...options,
    steps,
    strategy,
    auto: request.steps === 'auto',
    baseline: request.baseline ?? 'stable',
    alpha,
    beta,
    tolerance,
    'warm-up': request['warm-up'],
    ...(options.digests.length > 0 ? {} : { digests }),
    ...(options.image !== undefined || image === undefined ? {} : { image }),
  };
}
