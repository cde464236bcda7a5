import {
  type Cluster,
  explainPod,
  type KubeObject,
  nameOf,
  podsOfWorkload,
  type Trouble,
  troubleOf,
  viewPod,
  type WorkloadName,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { containersOf } from './containers.ts';
import { podFailure, RolloutError } from './rollout-error.ts';
import { sayingWhy, waitedFor } from './saying-why.ts';
import { isOfRevision, presentRevision } from './sets/revision.ts';

export interface Wait {
  readonly within: number;
  readonly signal: AbortSignal;
  /** Called when the numbers change: `2 of 3 pods updated, 1 available`. */
  readonly onProgress?: (line: string) => void;
  /** Done at every look that finds it incomplete. */
  readonly each?: (workload: KubeObject) => Promise<void>;
}

/**
 * Waits until a workload runs what its template says, everywhere. Ends in seconds, with events and log lines, when a pod of the
 * new template cannot become ready: an image that cannot be pulled, a crash loop, a quota.
 */
export async function waitForRollout(
  cluster: Cluster,
  { kind, name }: WorkloadName,
  { within, signal, onProgress, each }: Wait,
): Promise<KubeObject> {
  let said = '';
  let keeps: Trouble | undefined;
  const wait = () =>
    cluster.watch(workloadPath(cluster.namespace, { kind }), {
      doing: `waiting for the rollout of ${kind}/${name}`,
      within,
      signal,
      fieldSelector: `metadata.name=${name}`,
      async seen([listed]) {
        if (listed === undefined)
          throw new RolloutError('WORKLOAD_MISSING', `${kind}/${name} was deleted while it was rolled out`);
        const workload = { ...listed, kind }; // items of a list do not say their own
        const line = progressOf(workload);
        if (line !== said) onProgress?.(line);
        said = line;
        if (isComplete(workload)) return workload;
        const failed = failureOf(workload);
        const pods = await presentPods(cluster, workload, signal);
        keeps = waitedFor(pods);
        const trouble = worstTrouble(pods, failed);
        if (trouble !== undefined) throw podFailure(trouble, await explainPod(cluster, trouble, signal));
        if (failed !== undefined) throw failed;
        await each?.(workload);
        return undefined;
      },
    });
  return sayingWhy(cluster, () => keeps, wait);
}

/**
 * Of the pods that run the present template; the old ones' troubles are not the release's. When the workload itself has failed, also
 * what could pass by waiting, and a pod that only is not ready.
 */
function worstTrouble(pods: readonly KubeObject[], failed: RolloutError | undefined): Trouble | undefined {
  const troubles = pods.map(troubleOf).filter(one => one !== undefined);
  const final = troubles.find(one => one.final);
  if (final !== undefined || failed === undefined) return final;
  if (troubles.length > 0 || failed.code !== 'NEVER_READY') return troubles[0];
  const waited = waitedFor(pods);
  return waited && { ...waited, detail: `${waited.detail} (${failed.message})` };
}

/** The pods of a workload's present template. */
async function presentPods(cluster: Cluster, workload: KubeObject, signal: AbortSignal): Promise<KubeObject[]> {
  const kind = workload.kind as WorkloadName['kind'];
  const pods = await podsOfWorkload(cluster, { kind, name: workload.metadata.name }, signal);
  if (kind === 'Deployment') {
    const wanted = imagesOf(containersOf(workload));
    return pods.filter(pod => imagesOf(viewPod(pod).containers) === wanted);
  }
  const revision = await presentRevision(cluster, workload, signal);
  return pods.filter(pod => isOfRevision(pod, revision));
}

function imagesOf(containers: readonly { image?: string }[]): string {
  return containers.map(({ image }) => image).join(' ');
}

/** Pods of a workload: how many there are to be, there are, are of the present template, are available. */
export function countsOf({ kind, spec, status = {} }: KubeObject) {
  return kind === 'DaemonSet'
    ? {
        wanted: (status.desiredNumberScheduled ?? 0) as number, // of nodes whose taints it tolerates
        there: (status.currentNumberScheduled ?? 0) as number,
        updated: (status.updatedNumberScheduled ?? 0) as number,
        available: (status.numberAvailable ?? 0) as number,
      }
    : {
        wanted: (spec.replicas ?? 1) as number,
        there: (status.replicas ?? 0) as number,
        updated: (status.updatedReplicas ?? 0) as number,
        available: (status.availableReplicas ?? 0) as number,
      };
}

export function isComplete(workload: KubeObject): boolean {
  const { kind, metadata, status = {} } = workload;
  const { wanted, there, updated, available } = countsOf(workload);
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (wanted > 0 || kind !== 'DaemonSet') &&
    updated === wanted &&
    there === wanted &&
    available === wanted
  );
}

export function progressOf(workload: KubeObject): string {
  const { wanted, updated, available } = countsOf(workload);
  return `${updated} of ${wanted} pods are new, ${available} available`;
}

/** What the workload itself says is wrong: pods that may not be created, or the deadline of its progress. */
function failureOf(workload: KubeObject): RolloutError | undefined {
  const { kind, metadata, status = {} } = workload;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  if (kind === 'DaemonSet' && countsOf(workload).wanted === 0)
    return new RolloutError('NO_NODE', `${nameOf(workload)}: no node takes its pods`, {
      hint: 'See its nodeSelector, affinity and tolerations, and the taints of the nodes.',
    });
  const conditions: { type: string; status: string; reason?: string; message?: string }[] = status.conditions ?? [];
  const refused = conditions.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  if (refused !== undefined) {
    return new RolloutError(
      'PODS_REFUSED',
      `${nameOf(workload)}: its pods cannot be created: ${refused.message ?? refused.reason}`,
      { hint: 'See ResourceQuota, LimitRange and admission rules of the namespace.' },
    );
  }
  const late = conditions.find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded');
  return (
    late &&
    new RolloutError('NEVER_READY', `${nameOf(workload)}: ${late.message ?? 'its pods did not become ready in time'}`, {
      hint: 'See the readiness probe and the pods’ logs.',
    })
  );
}
