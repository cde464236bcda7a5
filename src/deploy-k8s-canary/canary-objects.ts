import type { KubeObject } from '../core/kubernetes/index.ts';
import { selects } from '../core/kubernetes/index.ts';
import { namesOf } from './names.ts';
import type { RolloutState, RouterState } from './state.ts';

/**
 * The labels with which a pod is kept out of every Service that would select it: for each such Service one label that it selects
 * by gets another value. `app` and its kin are preferred to labels that others may rely on.
 */
export function holdLabels(
  services: readonly KubeObject[],
  podLabels: Readonly<Record<string, string>>,
): Record<string, string> {
  const preferred = ['app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'k8s-app', 'name'];
  const held: Record<string, string> = {};
  for (const service of services) {
    const selector: Record<string, string> = service['spec']?.selector ?? {};
    if (!selects(selector, { ...podLabels, ...held })) continue;
    const key = preferred.find(name => name in selector) ?? Object.keys(selector)[0]!;
    held[key] = `${selector[key]!.slice(0, 56).replace(/[-_.]+$/, '')}-canary`;
  }
  return held;
}

/**
 * The Deployment of the new release beside the stable one: the same pods but for the labels. Its own selector has only our labels,
 * so that a pod's other labels can be changed to let it into a Service, and the pod still belongs to it.
 *
 * @param desired the stable Deployment as it would be after the rollout
 */
export function canaryDeployment(
  desired: KubeObject,
  owner: KubeObject,
  hold: Readonly<Record<string, string>>,
  replicas: number,
): KubeObject {
  const names = namesOf(owner.metadata.name);
  const { template, progressDeadlineSeconds, minReadySeconds } = desired['spec'];
  const { creationTimestamp: _, ...metadata } = template.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: names.canary, labels: { ...names.canaryLabels }, ownerReferences: [ownedBy(owner)] },
    spec: {
      replicas,
      revisionHistoryLimit: 0,
      ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { matchLabels: { ...names.canaryLabels } },
      template: {
        ...template,
        metadata: { ...metadata, labels: { ...metadata.labels, ...hold, ...names.canaryLabels } },
      },
    },
  };
}

/** Names of the Services that a rollout makes: the route's canary backend, the preview. Behind a plain Service there is none. */
export function canaryServices({
  workload,
  router,
  strategy,
}: {
  readonly workload: string;
  readonly router?: RouterState | undefined;
  readonly strategy: RolloutState['strategy'];
}): string[] {
  const { canary, preview } = namesOf(workload);
  const routed = router !== undefined && router.kind !== 'service' && router.kind !== 'selector';
  return [...(routed ? [canary] : []), ...(strategy === 'blue-green' ? [preview] : [])];
}

/** A Service of the canary's pods alone, with the stable one's ports. */
export function canaryService(name: string, stable: KubeObject, owner: KubeObject): KubeObject {
  const names = namesOf(owner.metadata.name);
  type Port = Record<string, unknown>;
  const ports = (stable['spec'].ports as Port[]).map(({ nodePort: _, ...port }) => port);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { ...names.canaryLabels }, ownerReferences: [ownedBy(owner)] },
    spec: { type: 'ClusterIP', selector: { ...names.canaryLabels }, ports },
  };
}

/** Deleting the workload deletes what belongs to it. */
function ownedBy(owner: KubeObject) {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.metadata.name, uid: owner.metadata.uid! };
}
