import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import {
  type Cluster,
  deploymentPath,
  type KubeObject,
  patchObject,
  permissions,
} from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import { raised } from '../raised.ts';
import { describeRatio, type Ratio, type Rules, ratioFor } from '../ratio.ts';
import type { RouterState } from '../state.ts';
import { admit, holdAll } from './admission.ts';
import { aboveHalf, findService } from './find-service.ts';
import { onlyStable, readySides } from './ready-sides.ts';
import type { Router, RouterModule } from './router.ts';

const settle = 30_000;

export type ServiceState = RouterState & { kind: 'service' };

/** The share is the ratio of the pods behind a plain Service: nothing is needed in the cluster. */
export const service: RouterModule<ServiceState> = {
  permissions: ({ steps }) => [
    ...permissions('get,patch pods', 'list endpointslices.discovery.k8s.io'),
    ...(steps.some(aboveHalf) ? permissions('list horizontalpodautoscalers.autoscaling') : []),
  ],
  find: findService,
  make: makeService,
  where: ({ services }) => `Service/${services.join(', ')}`,
  step: (state, _workload, _namespace, percent) =>
    percent === 100
      ? `${state.replicas} pods, all of the new release`
      : describeRatio(ratioFor(percent, state.replicas, rulesOf(state))),
};

function rulesOf({ baseline, scaled }: ServiceState): Rules {
  return { fresh: baseline !== undefined, scaled: scaled === true };
}

/**
 * The ratio of the pods behind a plain Service. Pods of the canary start with labels that no Service selects; a share is given by
 * changing the labels of as many as it needs, and taken by changing them back: at once, and without ending a connection.
 */
function makeService(cluster: Cluster, workload: string, state: ServiceState): Router {
  const { canaryLabels, baselineLabels } = namesOf(workload);
  const { admit: inside, hold, baseline } = state;
  const path = deploymentPath(cluster.namespace, workload);
  const rules = rulesOf(state);
  /** Whether the old pods become fewer for the share, of as many as there were before. */
  const lowers = (percent: number) => percent > 50 && !rules.scaled;
  const canary = { own: canaryLabels, admit: inside, hold, what: 'pods of the new release' };
  const beside =
    baseline === undefined
      ? []
      : [{ own: baselineLabels, admit: inside, hold: baseline, what: 'fresh pods of the old release' }];
  const scale = (replicas: number, signal: AbortSignal) =>
    patchObject(
      cluster,
      path,
      deployment =>
        deployment['spec'].replicas === replicas
          ? undefined
          : [{ op: 'replace', path: '/spec/replicas', value: replicas }],
      signal,
    );

  async function readBack(wanted: Ratio, percent: number, signal: AbortSignal): Promise<string> {
    const until = Date.now() + settle;
    for (;;) {
      const counts = await readySides(cluster, workload, state.services, signal);
      const off = counts.find(count => count.canary !== wanted.canary || count.stable !== wanted.stable);
      if (off === undefined) return describeRatio(wanted);
      // scaled in this moment: who watches the step makes the share again
      if ((await ratioNow(percent, signal)).stable !== wanted.stable) return `${describeRatio(wanted)}, being scaled`;
      if (Date.now() > until)
        throw new SlipwayError(
          'ENDPOINTS_DIFFER',
          `${wanted.stable} old and ${wanted.canary} new pods should be behind Service/${state.services.join(', ')}, but ${off.stable} and ${off.canary} are`,
          { hint: 'A pod is not ready, or something else scales the workload (an autoscaler?).' },
        );
      await sleep(300, signal);
    }
  }

  /** Up to 50 %, and beside an autoscaler, the old pods are as many as their owner wants; else above, as the ratio needs them. */
  async function ratioNow(percent: number, signal: AbortSignal): Promise<Ratio> {
    if (lowers(percent)) return ratioFor(percent, state.replicas);
    const deployment = await cluster.request<KubeObject>('GET', path, { signal });
    return ratioFor(percent, deployment['spec'].replicas ?? 1, rules);
  }

  return {
    kind: 'service',
    full: false,
    podsFor: (percent, replicas) =>
      Math.max(1, ratioFor(percent, lowers(percent) ? state.replicas : replicas, rules).canary),
    async shift(percent, signal) {
      const ratio = await ratioNow(percent, signal);
      // more first, less afterwards: capacity never falls below what it was
      for (const side of beside) await admit(cluster, side, ratio.fresh ?? 0, signal);
      await admit(cluster, canary, ratio.canary, signal);
      if (lowers(percent)) await scale(ratio.stable, signal);
      return readBack(ratio, percent, signal);
    },
    async restore(signal) {
      await patchObject(cluster, path, now => raised(now, state.replicas), signal);
      await Promise.all([canary, ...beside].map(side => holdAll(cluster, side, signal)));
    },
    former: signal => onlyStable(cluster, workload, state.services, signal),
  };
}
