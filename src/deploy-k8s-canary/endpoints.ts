import type { Cluster, KubeList } from '../core/kubernetes/index.ts';

interface Slice {
  readonly metadata: { readonly name: string };
  readonly endpoints?: readonly {
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly name?: string };
  }[];
}

/** Ready pods behind a Service, as its EndpointSlices say: the truth that kube-proxy and Gateways go by. */
export async function countEndpoints(
  cluster: Cluster,
  service: string,
  canary: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<{ stable: number; canary: number }> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(cluster.namespace)}/endpointslices`;
  const slices = await cluster.request<KubeList<Slice>>('GET', path, {
    query: { labelSelector: `kubernetes.io/service-name=${service}` },
    signal,
  });
  return countReady(slices.items, canary);
}

/** Pods are counted once, however many slices (address families) name them. An unset `ready` means ready. */
export function countReady(slices: readonly Slice[], canary: ReadonlySet<string>): { stable: number; canary: number } {
  const ready = new Set(
    slices.flatMap(slice =>
      (slice.endpoints ?? [])
        .filter(one => one.conditions?.ready !== false && one.targetRef?.kind === 'Pod')
        .map(one => one.targetRef!.name!),
    ),
  );
  const ofCanary = [...ready].filter(name => canary.has(name)).length;
  return { stable: ready.size - ofCanary, canary: ofCanary };
}
