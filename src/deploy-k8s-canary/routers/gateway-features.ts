import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, getObject, isApiError, type KubeObject } from '../../core/kubernetes/index.ts';

const group = '/apis/gateway.networking.k8s.io/v1';

interface ParentRef {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/**
 * That the classes of all Gateways of a route say that they have these features: a rule with a filter that its Gateway does not
 * have is answered with errors, to users as well (https://gateway-api.sigs.k8s.io/reference/spec/#httproutefilter).
 *
 * @throws MIRROR_UNSUPPORTED, PERMISSION_MISSING
 */
export async function requireFeatures(
  cluster: Cluster,
  route: KubeObject,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const parents: readonly ParentRef[] = route['spec']?.parentRefs ?? [];
  if (parents.length === 0) throw unsupported(`HTTPRoute/${route.metadata.name} belongs to no Gateway`);
  for (const { kind = 'Gateway', namespace = cluster.namespace, name } of parents) {
    if (kind !== 'Gateway')
      throw unsupported(`nothing says what ${kind}/${name} can do with HTTPRoute/${route.metadata.name}`);
    const gateway = await read(
      cluster,
      `${group}/namespaces/${encodeURIComponent(namespace)}/gateways/${name}`,
      signal,
    );
    const className: string = gateway?.['spec']?.gatewayClassName ?? '';
    const found = await read(cluster, `${group}/gatewayclasses/${encodeURIComponent(className)}`, signal);
    const has = featuresOf(found);
    const missing = wanted.filter(one => !has.includes(one));
    if (missing.length > 0)
      throw unsupported(
        `GatewayClass/${className} of Gateway/${name} (${found?.['spec']?.controllerName ?? 'which is not there'}) does not say that it supports ${missing.join(', ')}`,
      );
  }
}

/** Of version 1.4 of the API objects, before it bare names. */
function featuresOf(gatewayClass: KubeObject | undefined): string[] {
  const features: readonly (string | { name: string })[] = gatewayClass?.['status']?.supportedFeatures ?? [];
  return features.map(one => (typeof one === 'string' ? one : one.name));
}

async function read(cluster: Cluster, path: string, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    return await getObject(cluster, path, signal);
  } catch (error) {
    if (!isApiError(error, 403)) throw error;
    throw new SlipwayError(
      'PERMISSION_MISSING',
      `the kubeconfig’s user may not read ${path}, to see what the Gateway can do`,
      {
        hint: '`mode: plan` prints the ClusterRole that a run with "mirror" needs. Nothing was changed.',
        cause: error,
      },
    );
  }
}

function unsupported(what: string): SlipwayError {
  return new SlipwayError('MIRROR_UNSUPPORTED', `requests cannot be mirrored: ${what}`, {
    hint: 'A filter that a Gateway does not have makes it answer users with errors. Leave "mirror" out; where the Gateway is Traefik, router: traefik can do it. Nothing was changed.',
  });
}
