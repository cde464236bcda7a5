import { type Cluster, corePath, isApiError, type KubeObject } from '../../core/kubernetes/index.ts';

/** Deletes exactly this pod: one of the same name that has taken its place, as in a StatefulSet, is left alone. */
export async function deletePod(cluster: Cluster, { metadata }: KubeObject, signal: AbortSignal): Promise<void> {
  const path = corePath(cluster.namespace, 'pods', metadata.name);
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: metadata.uid } };
  try {
    await cluster.request('DELETE', path, { body, signal });
  } catch (error) {
    if (!isApiError(error, 404) && !isApiError(error, 409)) throw error;
  }
}
