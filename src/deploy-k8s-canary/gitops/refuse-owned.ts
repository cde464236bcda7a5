import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, isApiError, type KubeList, type KubeObject, nameOf } from '../../core/kubernetes/index.ts';
import { ownerOf } from './owner.ts';

/**
 * Refuses to write to what somebody else brings back.
 *
 * @param rendered whether it is changed through git (`mode: render`), as an owner that follows git wants it
 * @throws OBJECT_OWNED with the owner, and what to do
 */
export function refuseOwned(objects: readonly KubeObject[], rendered: boolean): void {
  for (const object of objects) {
    const owner = ownerOf(object);
    if (owner === undefined || (owner.fromGit && rendered)) continue;
    throw owned(
      nameOf(object),
      `${owner.who} (${owner.by})`,
      owner.fromGit
        ? 'What is written to it would be undone. Use `mode: render`: it writes the release into the manifests in git, and waits for the cluster to follow.'
        : 'Deploy by changing that object, or name a Deployment that nobody else controls.',
    );
  }
}

/** Other programs that roll out step by step, and how they name the workload. */
const controllers = [
  { who: 'Argo Rollouts', api: 'apis/argoproj.io/v1alpha1', plural: 'rollouts', kind: 'Rollout', ref: 'workloadRef' },
  { who: 'Flagger', api: 'apis/flagger.app/v1beta1', plural: 'canaries', kind: 'Canary', ref: 'targetRef' },
] as const;

/** Two programs that roll out the same workload would undo each other's steps. Where they may not be listed, nothing is known of them. */
export async function refuseOtherRollouts(cluster: Cluster, workload: string, signal: AbortSignal): Promise<void> {
  await Promise.all(
    controllers.map(async ({ who, api, plural, kind, ref }) => {
      const path = `/${api}/namespaces/${encodeURIComponent(cluster.namespace)}/${plural}`;
      const { items } = await cluster.request<Pick<KubeList, 'items'>>('GET', path, { signal }).catch(error => {
        if (isApiError(error, 403) || isApiError(error, 404)) return { items: [] };
        throw error;
      });
      const found = items.find(({ spec }) => spec?.[ref]?.kind === 'Deployment' && spec[ref].name === workload);
      if (found !== undefined)
        throw owned(
          `Deployment/${workload}`,
          `${who} (${kind}/${found.metadata.name}, its ${ref})`,
          `It is rolled out by ${who} when its image changes. Delete the ${kind}, or leave the rollout to it.`,
        );
    }),
  );
}

function owned(object: string, who: string, hint: string): SlipwayError {
  return new SlipwayError('OBJECT_OWNED', `${object} is owned by ${who}`, { hint: `${hint} Nothing was changed.` });
}
