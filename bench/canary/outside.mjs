// What somebody sees who asks the API server all the time. Times are performance.now() after the answer, so never too early.
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCluster } from '../../src/core/kubernetes/index.ts';

const period = 25;

/**
 * Looks until `end()`, which gives { reached, left }: when users could first reach pods of the canary, and when none could any more,
 * as the route that its Gateway has accepted says, or the endpoints of the Service.
 */
export function watchShare(kubeconfig, namespace, router) {
  const seen = {};
  return watching(kubeconfig, namespace, seen, async (cluster, at) => {
    const share = await reachable[router](cluster);
    if (share) Object.assign(seen, { reached: seen.reached ?? at(), left: undefined });
    else if (seen.reached !== undefined) seen.left ??= at();
  });
}

/** Looks until `end()`, which gives { ready, trouble }: when a pod of the canary was first ready, and when one first could not run. */
export function watchPods(kubeconfig, namespace) {
  const seen = {};
  return watching(kubeconfig, namespace, seen, async (cluster, at) => {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const pods = (await cluster.request('GET', path)).items.filter(ofCanary);
    const containers = pods.flatMap(({ status }) => status.containerStatuses ?? []);
    if (containers.some(({ ready }) => ready)) seen.ready ??= at();
    if (containers.some(isTrouble)) seen.trouble ??= at();
  });
}

function watching(kubeconfig, namespace, seen, look) {
  let running = true;
  const done = (async () => {
    const cluster = await connectCluster({ namespace, env: { KUBECONFIG: kubeconfig } });
    try {
      for (; running; await sleep(period)) await look(cluster, () => performance.now());
    } finally {
      cluster.close();
    }
  })();
  done.catch(() => {}); // end() tells it
  return {
    seen,
    async end() {
      running = false;
      await done;
      return seen;
    },
  };
}

const reachable = {
  async gateway(cluster) {
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${cluster.namespace}/httproutes/hello`;
    const { metadata, spec, status } = await cluster.request('GET', path);
    const weighted = spec.rules[0].backendRefs.some(({ name, weight = 1 }) => name === 'hello-canary' && weight > 0);
    const conditions = (status?.parents ?? []).flatMap(parent => parent.conditions ?? []);
    const accepted = conditions.some(
      ({ type, status: is, observedGeneration }) =>
        type === 'Accepted' && is === 'True' && observedGeneration >= metadata.generation,
    );
    return weighted || !accepted;
  },
  async service(cluster) {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${cluster.namespace}/endpointslices`;
    const query = { labelSelector: 'kubernetes.io/service-name=hello' };
    const { items } = await cluster.request('GET', path, { query });
    const endpoints = items.flatMap(slice => slice.endpoints ?? []);
    return endpoints.some(
      ({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.name.startsWith('hello-canary-'),
    );
  },
};

const ofCanary = ({ metadata }) => metadata.name.startsWith('hello-canary-');

/** The first time that an image could not be pulled or a container ended. */
const isTrouble = ({ state = {}, lastState = {} }) =>
  /^(ErrImagePull|ImagePullBackOff)$/.test(state.waiting?.reason ?? '') ||
  (state.terminated ?? lastState.terminated) !== undefined;
