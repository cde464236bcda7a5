import type { Cluster } from './cluster.ts';
import type { HeldLease } from './held-lease.ts';

/** The cluster for the holder of a lease: nothing is sent that writes, at no try, unless the lease is surely held. */
export function fenced(cluster: Cluster, lease: Pick<HeldLease, 'sure'>): Cluster {
  return {
    ...cluster,
    request: (method, path, options = {}) =>
      cluster.request(method, path, method === 'GET' ? options : { ...options, before: signal => lease.sure(signal) }),
  };
}
