import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import {
  type Cluster,
  corePath,
  getObject,
  isApiError,
  type KubeObject,
  type PatchOperation,
  patchObject,
  permissions,
} from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import type { RouterState } from '../state.ts';
import { onlyStable, readySides } from './ready-sides.ts';
import type { RouterModule } from './router.ts';

export type SelectorState = RouterState & { kind: 'selector' };

const settle = 30_000;

/** All or nothing: the selectors of the plain Services are switched to the other pods, and back, in one patch each. */
export const selector: RouterModule<SelectorState> = {
  permissions: () => permissions('get,patch services', 'list pods', 'list endpointslices.discovery.k8s.io'),
  find: async ({ services, hold, replicas }) => ({
    state: {
      kind: 'selector',
      services: services.map(({ metadata, spec }) => ({ name: metadata.name, selector: spec.selector })),
      hold,
      replicas,
    },
    service: services[0]!,
    sticky: undefined,
    written: services,
  }),
  where: ({ services }) => `Service/${services.map(({ name }) => name).join(', ')}`,
  step: () => 'all users, at once: the selector of the Service is switched',
  make(cluster, workload, state) {
    const { canaryLabels } = namesOf(workload);
    const set = (to: 'new' | 'former', signal: AbortSignal) =>
      Promise.all(state.services.map(former => switchTo(cluster, former, to, canaryLabels, signal)));
    return {
      kind: 'selector',
      full: true,
      podsFor: (_, replicas) => replicas,
      async shift(percent, signal) {
        await set(percent === 100 ? 'new' : 'former', signal);
        return readBack(cluster, workload, state, percent === 100, signal);
      },
      restore: async signal => void (await set('former', signal)),
      async former(signal) {
        const there = await Promise.all(
          state.services.map(({ name }) => getObject(cluster, corePath(cluster.namespace, 'services', name), signal)),
        );
        const left = state.services.filter((_, i) => there[i] !== undefined);
        const switched = left.find(
          ({ name, selector }) =>
            !isDeepStrictEqual(there.find(one => one?.metadata.name === name)!['spec'].selector, selector),
        );
        if (switched !== undefined) return { ok: false, seen: `Service/${switched.name} has another selector` };
        return onlyStable(
          cluster,
          workload,
          left.map(({ name }) => name),
          signal,
        );
      },
    };
  },
};

async function switchTo(
  cluster: Cluster,
  former: SelectorState['services'][number],
  to: 'new' | 'former',
  canaryLabels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const wanted = to === 'new' ? canaryLabels : former.selector;
  const plan = (service: KubeObject): PatchOperation[] | undefined => {
    const now = service['spec'].selector;
    if (isDeepStrictEqual(now, wanted)) return undefined;
    if (!isDeepStrictEqual(now, former.selector) && !isDeepStrictEqual(now, canaryLabels))
      throw new SlipwayError(
        'ROUTE_EDITED',
        `Service/${former.name}: its selector was changed by somebody else during the rollout`,
        {
          hint: `It is now ${JSON.stringify(now)}, and was ${JSON.stringify(former.selector)}. Put it right by hand, then run \`mode: abort\`.`,
        },
      );
    return [
      { op: 'test', path: '/spec/selector', value: now },
      { op: 'replace', path: '/spec/selector', value: wanted },
    ];
  };
  try {
    await patchObject(cluster, corePath(cluster.namespace, 'services', former.name), plan, signal);
  } catch (error) {
    if (to === 'new' || !isApiError(error, 404)) throw error; // a Service that was deleted leads nowhere
  }
}

/** What the data planes go by: only pods of the wanted side are ready behind each Service. */
async function readBack(
  cluster: Cluster,
  workload: string,
  state: SelectorState,
  fresh: boolean,
  signal: AbortSignal,
): Promise<string> {
  const until = Date.now() + settle;
  const names = state.services.map(({ name }) => name);
  for (;;) {
    const counts = await readySides(cluster, workload, names, signal);
    const done = counts.every(({ stable, canary }) =>
      fresh ? stable === 0 && canary > 0 : canary === 0 && stable > 0,
    );
    if (done) return `${counts[0]![fresh ? 'canary' : 'stable']} pods, all of the ${fresh ? 'new' : 'old'} release`;
    if (Date.now() > until)
      throw new SlipwayError(
        'ENDPOINTS_DIFFER',
        `Service/${names.join(', ')} was switched, but after ${settle / 1000} s still has ${counts[0]!.stable} old and ${counts[0]!.canary} new pods`,
        { hint: 'A pod is not ready, or another object makes endpoints for this Service.' },
      );
    await sleep(200, signal);
  }
}
