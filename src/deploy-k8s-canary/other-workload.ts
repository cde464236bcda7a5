import {
  type Cluster,
  getObject,
  isApiError,
  type KubeObject,
  notRolledOut,
  otherWorkloads,
} from '../core/kubernetes/index.ts';

/** Something else than a Deployment may be meant: of the manifests, the one of this name, or any where none is named. */
export function refuseOthersOf(objects: readonly KubeObject[], name?: string): void {
  const found = objects.find(
    ({ kind, metadata }) => kind in otherWorkloads && (name === undefined || metadata.name === name),
  );
  if (found !== undefined) throw notRolledOut(found.kind, found.metadata.name);
}

/** The same of what is in the namespace, as far as the user may look. */
export async function refuseOtherLive(cluster: Cluster, name: string, signal: AbortSignal): Promise<void> {
  for (const [kind, { api }] of Object.entries(otherWorkloads)) {
    const path = `/apis/${api}/namespaces/${encodeURIComponent(cluster.namespace)}/${kind.toLowerCase()}s/${encodeURIComponent(name)}`;
    const found = await getObject(cluster, path, signal).catch(error => {
      if (isApiError(error, 403)) return undefined;
      throw error;
    });
    if (found !== undefined) throw notRolledOut(kind, name);
  }
}
