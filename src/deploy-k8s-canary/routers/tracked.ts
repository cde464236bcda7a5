import { messageOf, SlipwayError } from '../../core/errors.ts';
import { getObject, isApiError, patchObject } from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import type { RouteState } from '../state.ts';
import type { RouteKind } from '../weights.ts';
import { routePath } from './find-route.ts';
import type { RouterModule } from './router.ts';
import { addTracks, hasTracks, removeTracks } from './tracks.ts';
import type { Accepted } from './weighted.ts';

/** A router that can also lead requests with a header to the side that it names, while the rollout lasts. */
export function withTracks(
  module: RouterModule<RouteState>,
  kind: RouteKind,
  accepted: Accepted,
): RouterModule<RouteState> {
  return {
    ...module,
    make(cluster, workload, state) {
      const router = module.make(cluster, workload, state);
      const path = routePath(kind, cluster.namespace, state.route);
      const share = { namespace: cluster.namespace, service: state.service, canary: namesOf(workload).canary };
      const remove = async (signal: AbortSignal) => {
        try {
          await patchObject(cluster, path, route => removeTracks(route, share), signal);
        } catch (error) {
          if (!isApiError(error, 404)) throw error; // a route that was deleted leads nowhere
        }
      };
      return {
        ...router,
        async track(signal) {
          try {
            await patchObject(cluster, path, route => addTracks(kind, route, state.rules, share), signal);
            await accepted(cluster, path, signal);
            return undefined;
          } catch (error) {
            if (!isRefusal(error)) throw error;
            await remove(signal);
            return messageOf(error);
          }
        },
        async restore(signal) {
          await remove(signal);
          await router.restore(signal);
        },
        async former(signal) {
          const fact = await router.former(signal);
          const route = await getObject(cluster, path, signal);
          if (!hasTracks(route, share)) return fact;
          return { ok: false, seen: `${fact.seen}; its rules for own requests are still there` };
        },
      };
    },
  };
}

/** The API server or its admission says no, or the data plane does: too many rules, or a filter that it does not have. */
function isRefusal(error: unknown): boolean {
  return [400, 403, 422].some(status => isApiError(error, status)) || isCode(error, 'ROUTE_REFUSED');
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof SlipwayError && error.code === code;
}
