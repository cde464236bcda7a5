import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  getObject,
  isApiError,
  type KubeObject,
  notRolledOut,
  otherWorkloads,
  type WorkloadKind,
  type WorkloadName,
  workloadPath,
} from '../core/kubernetes/index.ts';

/** Something else than a workload may be meant: of the manifests, the one of this name, or any where none is named. */
export function refuseOthersOf(objects: readonly KubeObject[], name?: string): void {
  const found = objects.find(
    ({ kind, metadata }) => kind in otherWorkloads && (name === undefined || metadata.name === name),
  );
  if (found !== undefined) throw notRolledOut(found.kind, found.metadata.name);
}

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** The same of what is in the namespace, as far as the user may look. */
export async function refuseOtherLive(
  cluster: Cluster,
  { kind: wanted, name }: WorkloadName,
  signal: AbortSignal,
): Promise<void> {
  const find = (path: string) =>
    getObject(cluster, path, signal).catch(error => {
      if (isApiError(error, 403)) return undefined;
      throw error;
    });
  for (const kind of kinds.filter(one => one !== wanted))
    if ((await find(workloadPath(cluster.namespace, { kind, name }))) !== undefined)
      throw new SlipwayError('WORKLOAD_KIND', `${wanted}/${name} is not there, but ${kind}/${name} is`, {
        hint: `If that is meant: workload: ${kind.toLowerCase()}/${name}. Nothing was changed.`,
      });
  for (const [kind, { api }] of Object.entries(otherWorkloads)) {
    const path = `/apis/${api}/namespaces/${encodeURIComponent(cluster.namespace)}/${kind.toLowerCase()}s/${encodeURIComponent(name)}`;
    if ((await find(path)) !== undefined) throw notRolledOut(kind, name);
  }
}
