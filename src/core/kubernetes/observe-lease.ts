import { sleep } from '../deadline.ts';
import { getObject } from './apply.ts';
import type { Cluster } from './cluster.ts';
import { type LeaseObject, leasePath } from './lease-object.ts';

export interface Observed {
  readonly lease: LeaseObject | undefined;
  /** Somebody else holds it, and was seen to renew it. */
  readonly alive: boolean;
}

export interface Observe {
  readonly signal?: AbortSignal | undefined;
  /** A holder that is not waited for. */
  readonly mine?: string;
  /** Told who holds it, before the first wait. */
  readonly onWait?: ((holder: string) => void) | undefined;
}

/** Milliseconds between looks. */
const period = 300;
/** A longer time without an answer is one in which the holder could not renew either. */
const silence = 1500;
/** Of a lease that does not say it. */
const defaultSeconds = 15;

/**
 * Watches a lease until it was renewed, or was not for its own duration. Only changes count, and only this machine's own
 * steady clock: the times in a lease are another machine's. As in client-go's leader election.
 */
export async function observeLease(cluster: Cluster, name: string, options: Observe = {}): Promise<Observed> {
  const { signal, mine, onWait } = options;
  const path = `${leasePath(cluster.namespace)}/${name}`;
  let first: string | undefined;
  let [since, looked] = [0, 0];
  for (;;) {
    const asked = performance.now();
    const lease = await getObject<LeaseObject>(cluster, path, signal);
    const now = performance.now();
    const { holderIdentity: holder, renewTime, leaseDurationSeconds = defaultSeconds } = lease?.spec ?? {};
    if (!holder || holder === mine) return { lease, alive: false };
    const seen = `${holder} ${renewTime}`;
    if (first === undefined) onWait?.(holder);
    else if (seen !== first) return { lease, alive: true };
    if (first === undefined || now - looked > silence) since = now;
    else if (asked - since >= leaseDurationSeconds * 1000) return { lease, alive: false };
    [first, looked] = [seen, now];
    await sleep(period, signal);
  }
}
