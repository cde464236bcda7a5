import { SlipwayError } from '../../core/errors.ts';
import { type KubeObject, nameOf } from '../../core/kubernetes/index.ts';
import type { Options } from '../options.ts';
import type { Situation } from '../situation.ts';
import { isUnfinished } from '../state.ts';

/** What cannot be done with a StatefulSet or DaemonSet, before anything is written. Pure. */
export function refuseSet({ live, desired, state }: Situation, options: Options): void {
  const impossible = (input: string, why: string) =>
    refuse(desired, 'INPUT_INVALID', `${input} is not possible with a ${desired.kind}: ${why}`, 'Leave the input out.');
  const one = 'its pods have a place each, so that none of another release can stand beside them';
  if (options.strategy === 'blue-green') impossible('strategy: blue-green', one);
  if (options.baseline === 'fresh') impossible('baseline: fresh', one);
  if (options.router !== 'service')
    impossible(
      `router: ${options.router}`,
      'the share of a release is that of its pods, as no Service has one release alone',
    );
  if (options.rendered !== undefined)
    refuse(
      desired,
      'INPUT_INVALID',
      'mode: render is for Deployments',
      'Use mode: deploy, or leave it to the operator.',
    );
  // what an unfinished rollout of ours has set is undone before this one begins
  if (live !== undefined && !isUnfinished(state)) refuseStrategy(live);
}

/** An update strategy with which pods would keep the old release. Pure. */
export function refuseStrategy(set: KubeObject): void {
  const { type, rollingUpdate } = set['spec'].updateStrategy ?? {};
  if (type === 'OnDelete')
    refuse(
      set,
      'UPDATE_ON_DELETE',
      'its updateStrategy is OnDelete: nobody replaces its pods',
      'Set updateStrategy.type: RollingUpdate; the rollout itself decides which pods are replaced when.',
    );
  if ((rollingUpdate?.partition ?? 0) > 0)
    refuse(
      set,
      'PARTITION_SET',
      `its partition is ${rollingUpdate.partition}: pods below it would keep the old release`,
      'Leave it out of the manifest or set it to 0; the rollout itself sets it, step by step.',
    );
}

function refuse(set: KubeObject, code: string, why: string, hint: string): never {
  throw new SlipwayError(code, `${nameOf(set)}: ${why}`, { hint: `${hint} Nothing was changed.` });
}
