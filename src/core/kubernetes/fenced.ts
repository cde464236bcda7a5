import type { Change, Cluster } from './cluster.ts';
import type { HeldLease } from './held-lease.ts';

/** The cluster for the holder of a lease: nothing is sent that writes, at no try, unless the lease is surely held. */
export function fenced(cluster: Cluster, lease: Pick<HeldLease, 'sure'>): Cluster {
  const { change } = cluster;
  const fencedChange = (path: string): Change | undefined => {
    const inner = change?.(path);
    return (
      inner &&
      (async (plan, signal) => {
        await lease.sure(signal ?? new AbortController().signal);
        return inner(plan, signal);
      })
    );
  };
  return {
    ...cluster,
    ...(change === undefined ? {} : { change: fencedChange }),
    request: (method, path, options = {}) =>
      cluster.request(method, path, method === 'GET' ? options : { ...options, before: signal => lease.sure(signal) }),
  };
}
