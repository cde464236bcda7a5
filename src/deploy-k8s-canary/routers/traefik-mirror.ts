import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import {
  deploymentPath,
  type KubeObject,
  patchObject,
  permissions,
  serverSideApply,
} from '../../core/kubernetes/index.ts';
import { ownedBy } from '../canary-objects.ts';
import { namesOf } from '../names.ts';
import type { RouteState } from '../state.ts';
import {
  type Backend,
  backendsAt,
  mirrored,
  type RouteKind,
  type RouteRule,
  routePatch,
  type Share,
} from '../weights.ts';
import { routePath } from './find-route.ts';
import type { RouterModule } from './router.ts';
import { shareOf } from './weighted.ts';

/** Traefik hears of each kind of object by a watch of its own: a route that names what it does not know yet would be an error. */
const known = 1500;

/** Requests with more bytes than this are not copied, and are not held in memory for it. */
const mostBytes = 1_048_576;

/**
 * Traefik copies requests in a service of kind `mirroring`: a TraefikService of our own stands in the route, in place of the
 * workload's Service, for as long as the step lasts. https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/traefikservice/
 */
export function withMirrorService(
  module: RouterModule<RouteState>,
  kinds: readonly RouteKind[],
  service: RouteKind,
): RouterModule<RouteState> {
  return {
    ...module,
    permissions: options => [
      ...module.permissions(options),
      ...(options.mirror === undefined ? [] : permissions(`get,create,patch,delete ${service.plural}.traefik.io`)),
    ],
    async mirrors({ cluster }, { state }) {
      const kind = kinds.find(one => one.kind === state.object)!;
      const [first, ...others] = state.rules.map(rule => ownBackend(kind, rule, state.service, cluster.namespace));
      if (others.every(one => isDeepStrictEqual(one, first))) return state;
      throw new SlipwayError(
        'MIRROR_UNSUPPORTED',
        `requests cannot be mirrored: the rules of ${state.object}/${state.route} lead to Service/${state.service} in different ways`,
        { hint: 'Write it alike in all of them (port, scheme …), or leave "mirror" out. Nothing was changed.' },
      );
    },
    make(cluster, workload, state) {
      const router = module.make(cluster, workload, state);
      if (state.mirror === undefined) return router;
      const kind = kinds.find(one => one.kind === state.object)!;
      const share = shareOf(state, workload, cluster.namespace);
      const { mirror: name, canaryLabels } = namesOf(workload);
      const own = routePath(service, cluster.namespace, name);
      const path = routePath(kind, cluster.namespace, state.route);
      return {
        ...router,
        made: [{ kind: service.kind, name, path: own }],
        async mirror(percent, signal) {
          const owner = await cluster.request<KubeObject>('GET', deploymentPath(cluster.namespace, workload), {
            signal,
          });
          const object = {
            apiVersion: service.apiVersion,
            kind: service.kind,
            metadata: { name, labels: { ...canaryLabels }, ownerReferences: [ownedBy(owner)] },
            spec: { mirroring: mirroring(kind, state, share, percent) },
          };
          await serverSideApply(cluster, own, object, { signal });
          await sleep(known, signal);
          const wanted = (rule: RouteRule) => mirrored(kind, rule, share)!;
          await patchObject(cluster, path, route => routePatch(kind, route, state.rules, share, wanted), signal);
          const route = await cluster.request<KubeObject>('GET', path, { signal });
          if (!state.rules.every(rule => isDeepStrictEqual(backendsAt(kind, route, rule), wanted(rule))))
            throw new SlipwayError(
              'ROUTE_EDITED',
              `${kind.kind}/${state.route}: what was written is not there any more`,
              { hint: 'Somebody else writes to this route. Stop that, or give the release a route of its own.' },
            );
          return `${percent} % of ${share.service} copied to ${share.canary}`;
        },
      };
    },
  };
}

/** The workload's backend as the route has it, and the copies' beside it. */
function mirroring(
  kind: RouteKind,
  { rules }: RouteState,
  { namespace, service, canary, baseline }: Share,
  percent: number,
) {
  const own = ownBackend(kind, rules[0]!, service, namespace);
  const { sticky: _, ...copy } = own;
  const to = [canary, ...(baseline === undefined ? [] : [baseline])];
  return {
    ...own,
    maxBodySize: mostBytes,
    mirrors: to.map(target => ({ ...kind.toService(copy, target), percent })),
  };
}

/** How a rule leads to the workload's Service, whatever its share. */
function ownBackend(kind: RouteKind, { backends }: RouteRule, service: string, namespace: string): Backend {
  const { weight: _, ...own } = backends.find(one => kind.serviceOf(one, namespace) === service)!;
  return own;
}
