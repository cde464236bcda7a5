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
  side: 'canary' | 'baseline' = 'canary',
): Record<string, string> {
  const preferred = ['app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'k8s-app', 'name'];
  const held: Record<string, string> = {};
  for (const service of services) {
    const selector: Record<string, string> = service['spec']?.selector ?? {};
    if (!selects(selector, { ...podLabels, ...held })) continue;
    const key = preferred.find(name => name in selector) ?? Object.keys(selector)[0]!;
    held[key] = `${selector[key]!.slice(0, 62 - side.length).replace(/[-_.]+$/, '')}-${side}`;
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
  const { canary, canaryLabels } = namesOf(owner.metadata.name);
  return deploymentBeside(owner, { name: canary, labels: canaryLabels, model: desired, hold, replicas });
}

/** The Deployment of fresh pods of the old release, made like the canary’s. @param stable as it was before the rollout */
export function baselineDeployment(
  stable: KubeObject,
  hold: Readonly<Record<string, string>>,
  replicas: number,
): KubeObject {
  const { baseline, baselineLabels } = namesOf(stable.metadata.name);
  return deploymentBeside(stable, { name: baseline, labels: baselineLabels, model: stable, hold, replicas });
}

interface Beside {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly model: KubeObject;
  readonly hold: Readonly<Record<string, string>>;
  readonly replicas: number;
}

function deploymentBeside(owner: KubeObject, { name, labels, model, hold, replicas }: Beside): KubeObject {
  const { template, progressDeadlineSeconds, minReadySeconds } = model['spec'];
  const { creationTimestamp: _, ...metadata } = template.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { ...labels }, ownerReferences: [ownedBy(owner)] },
    spec: {
      replicas,
      revisionHistoryLimit: 0,
      ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { matchLabels: { ...labels } },
      template: { ...template, metadata: { ...metadata, labels: { ...metadata.labels, ...hold, ...labels } } },
    },
  };
}

/** Names of the Deployments that a rollout makes: of the new release, and of fresh pods of the old one. */
export function ownDeployments({
  workload,
  router,
}: {
  readonly workload: string;
  readonly router?: RouterState | undefined;
}): string[] {
  const { canary, baseline } = namesOf(workload);
  return [canary, ...(router?.baseline === undefined ? [] : [baseline])];
}

/** Names of the Services that a rollout makes: the route's additional backends, the preview. Behind a plain Service there is none. */
export function ownServices({
  workload,
  router,
  strategy,
}: {
  readonly workload: string;
  readonly router?: RouterState | undefined;
  readonly strategy: RolloutState['strategy'];
}): string[] {
  const { preview } = namesOf(workload);
  const routed = router !== undefined && router.kind !== 'service' && router.kind !== 'selector';
  return [...(routed ? ownDeployments({ workload, router }) : []), ...(strategy === 'blue-green' ? [preview] : [])];
}

/** A Service of the canary's pods alone (or of the baseline's, by its name), with the stable one's ports. */
export function canaryService(name: string, stable: KubeObject, owner: KubeObject): KubeObject {
  const { baseline, baselineLabels, canaryLabels } = namesOf(owner.metadata.name);
  const labels = name === baseline ? baselineLabels : canaryLabels;
  type Port = Record<string, unknown>;
  const ports = (stable['spec'].ports as Port[]).map(({ nodePort: _, ...port }) => port);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { ...labels }, ownerReferences: [ownedBy(owner)] },
    spec: { type: 'ClusterIP', selector: { ...labels }, ports },
  };
}

/** Deleting the workload deletes what belongs to it. */
export function ownedBy(owner: KubeObject) {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.metadata.name, uid: owner.metadata.uid! };
}
