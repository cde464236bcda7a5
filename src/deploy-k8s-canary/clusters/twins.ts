import { SlipwayError } from '../../core/errors.ts';
import { corePath, type KubeObject } from '../../core/kubernetes/index.ts';
import { placeOf } from './place.ts';
import type { Site } from './sites.ts';

const oneCluster =
  'Leave one of them out, or correct its context. Two namespaces of one cluster are two deployments, not two clusters.';
const renameContext = 'Give one of the contexts another name: kubectl config rename-context.';

/** What no two clusters share. */
interface Mark {
  readonly what: string;
  readonly id: string;
  readonly hint?: string;
}

/** Two names for one cluster would have one rollout wait for, or judge, the other. Nothing is asked of the clusters. */
export function refuseTwins(sites: readonly Site[]): void {
  refuseShared(sites, site => {
    const server = new URL(site.cluster.server).href.replace(/\/$/, '');
    const place = placeOf(site);
    return [
      { what: `the API server of both is ${server}`, id: server },
      { what: `records would name both ${place}`, id: place, hint: renameContext },
    ];
  });
}

/** The same of a cluster that is reached by two addresses. */
export async function refuseSameCluster(sites: readonly Site[], signal: AbortSignal): Promise<void> {
  const marks = new Map(await Promise.all(sites.map(async site => [site, await uidsOf(site, signal)] as const)));
  refuseShared(sites, site => marks.get(site)!);
}

function refuseShared(sites: readonly Site[], marksOf: (site: Site) => readonly Mark[]): void {
  const seen = new Map<string, string>();
  for (const site of sites)
    for (const { what, id, hint = oneCluster } of marksOf(site)) {
      const other = seen.get(id);
      if (other !== undefined)
        throw new SlipwayError(
          'CLUSTER_TWICE',
          `the clusters ${other} and ${site.name} cannot be told apart: ${what}`,
          {
            hint: `${hint} Nothing was changed.`,
          },
        );
      seen.set(id, site.name);
    }
}

/** Whoever may not read the first object still may the second. */
async function uidsOf({ cluster }: Site, signal: AbortSignal): Promise<Mark[]> {
  const rootCa = corePath(cluster.namespace, 'configmaps', 'kube-root-ca.crt');
  const objects = [
    ['the namespace kube-system', '/api/v1/namespaces/kube-system'],
    [`ConfigMap/kube-root-ca.crt in ${cluster.namespace}`, rootCa],
  ] as const;
  const found = objects.map(([what, path]) =>
    cluster.request<KubeObject>('GET', path, { signal, within: 10_000 }).then(
      ({ metadata: { uid } }) => [{ what: `${what} of both has the uid ${uid}`, id: String(uid) }],
      () => [],
    ),
  );
  return (await Promise.all(found)).flat();
}
