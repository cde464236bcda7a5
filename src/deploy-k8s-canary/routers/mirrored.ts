import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../../core/errors.ts';
import { getObject, isApiError, patchObject } from '../../core/kubernetes/index.ts';
import type { RouteState } from '../state.ts';
import type { RouteKind } from '../weights.ts';
import { routePath } from './find-route.ts';
import { addMirrors, listAt, type MirrorForm, removeMirrors, wantedList, withLists } from './mirror-list.ts';
import type { FoundRouter, RouterModule, Search } from './router.ts';
import { type Accepted, shareOf } from './weighted.ts';

/**
 * A router whose rules can also say, in a list of their own, where requests are copied to.
 *
 * @param check throws where the data plane would not do it; of the state as it will be kept
 */
export function withMirrors(
  module: RouterModule<RouteState>,
  kind: RouteKind,
  form: MirrorForm,
  accepted: Accepted,
  check: (search: Search, found: FoundRouter<RouteState>) => Promise<void>,
): RouterModule<RouteState> {
  return {
    ...module,
    async mirrors(search, found) {
      const state = { ...found.state, rules: withLists(form, found.written[0]!, found.state.rules) };
      await check(search, { ...found, state });
      return state;
    },
    make(cluster, workload, state) {
      const router = module.make(cluster, workload, state);
      if (state.mirror === undefined) return router;
      const path = routePath(kind, cluster.namespace, state.route);
      const share = shareOf(state, workload, cluster.namespace);
      const remove = async (signal: AbortSignal) => {
        try {
          await patchObject(cluster, path, route => removeMirrors(form, route, state.rules, share), signal);
        } catch (error) {
          if (!isApiError(error, 404)) throw error; // a route that was deleted leads nowhere
        }
      };
      return {
        ...router,
        async mirror(percent, signal) {
          await patchObject(cluster, path, route => addMirrors(form, kind, route, state.rules, share, percent), signal);
          const route = await accepted(cluster, path, signal);
          for (const rule of state.rules) {
            const wanted = wantedList(form, kind, rule, share, percent);
            if (!isDeepStrictEqual(listAt(form, route, rule), wanted))
              throw new SlipwayError(
                'ROUTE_EDITED',
                `${kind.kind}/${state.route}: the ${form.field} that were written are not there`,
                {
                  hint: 'Somebody else writes to this route, or the installed definition of its kind lacks a field of them: a percentage needs the Gateway API 1.3.',
                },
              );
          }
          return `${percent} % of ${share.service} copied to ${share.canary}`;
        },
        async shift(percent, signal) {
          await remove(signal);
          return router.shift(percent, signal);
        },
        async restore(signal) {
          await remove(signal);
          await router.restore(signal);
        },
        async former(signal) {
          const fact = await router.former(signal);
          const route = await getObject(cluster, path, signal);
          if (route === undefined || removeMirrors(form, route, state.rules, share) === undefined) return fact;
          return { ok: false, seen: `${fact.seen}; requests are still copied to ${share.canary}` };
        },
      };
    },
  };
}
