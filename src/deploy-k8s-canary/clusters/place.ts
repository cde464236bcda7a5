import type { Cluster } from '../../core/kubernetes/index.ts';

/** Context and namespace, as records name it. */
export function placeOf({ cluster }: { readonly cluster: Cluster }): string {
  return `${cluster.contextName}/${cluster.namespace}`;
}
