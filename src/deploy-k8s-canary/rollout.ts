import {
  type Cluster,
  deploymentPath,
  explainPod,
  type KubeObject,
  podsOfDeployment,
  type Trouble,
  troubleOf,
  viewPod,
} from '../core/kubernetes/index.ts';
import { containersOf } from './containers.ts';
import { podFailure, RolloutError } from './rollout-error.ts';

export interface Wait {
  readonly within: number;
  readonly signal: AbortSignal;
  /** Called when the numbers change: `2 of 3 pods updated, 1 available`. */
  readonly onProgress?: (line: string) => void;
}

/**
 * Waits until a Deployment runs what its template says, everywhere. Ends in seconds, with events and log lines, when a pod of the
 * new template cannot become ready: an image that cannot be pulled, a crash loop, a quota.
 */
export async function waitForRollout(
  cluster: Cluster,
  name: string,
  { within, signal, onProgress }: Wait,
): Promise<KubeObject> {
  let said = '';
  return cluster.watch(deploymentPath(cluster.namespace), {
    doing: `waiting for the rollout of Deployment/${name}`,
    within,
    signal,
    fieldSelector: `metadata.name=${name}`,
    async seen([deployment]) {
      if (deployment === undefined)
        throw new RolloutError('WORKLOAD_MISSING', `Deployment/${name} was deleted while it was rolled out`);
      const line = progressOf(deployment);
      if (line !== said) onProgress?.(line);
      said = line;
      if (isComplete(deployment)) return deployment;
      const failed = failureOf(deployment);
      const trouble = await worstTrouble(cluster, deployment, signal);
      if (trouble?.final || (failed !== undefined && trouble !== undefined))
        throw podFailure(trouble, await explainPod(cluster, trouble, signal));
      if (failed !== undefined) throw failed;
      return undefined;
    },
  });
}

/** Of the pods that run the present template; the old ones' troubles are not the release's. */
async function worstTrouble(
  cluster: Cluster,
  deployment: KubeObject,
  signal: AbortSignal,
): Promise<Trouble | undefined> {
  const wanted = imagesOf(containersOf(deployment));
  const pods = (await podsOfDeployment(cluster, deployment.metadata.name, signal)).filter(
    pod => imagesOf(viewPod(pod).containers) === wanted,
  );
  const troubles = pods.map(troubleOf).filter(one => one !== undefined);
  return troubles.find(one => one.final) ?? troubles[0];
}

function imagesOf(containers: readonly { image?: string }[]): string {
  return containers.map(({ image }) => image).join(' ');
}

export function isComplete({ metadata, spec, status = {} }: KubeObject): boolean {
  const wanted = spec.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    updatedReplicas === wanted &&
    replicas === wanted &&
    availableReplicas === wanted
  );
}

export function progressOf({ spec, status = {} }: KubeObject): string {
  return `${status.updatedReplicas ?? 0} of ${spec.replicas ?? 1} pods are new, ${status.availableReplicas ?? 0} available`;
}

/** What the Deployment itself says is wrong: pods that may not be created, or the deadline of its progress. */
function failureOf({ metadata, status = {} }: KubeObject): RolloutError | undefined {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  const conditions: { type: string; status: string; reason?: string; message?: string }[] = status.conditions ?? [];
  const refused = conditions.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  if (refused !== undefined) {
    return new RolloutError(
      'PODS_REFUSED',
      `Deployment/${metadata.name}: its pods cannot be created: ${refused.message ?? refused.reason}`,
      { hint: 'See ResourceQuota, LimitRange and admission rules of the namespace.' },
    );
  }
  const late = conditions.find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded');
  return (
    late &&
    new RolloutError(
      'NEVER_READY',
      `Deployment/${metadata.name}: ${late.message ?? 'its pods did not become ready in time'}`,
      { hint: 'See the readiness probe and the pods’ logs.' },
    )
  );
}
