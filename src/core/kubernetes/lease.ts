import { SlipwayError } from '../errors.ts';
import { isApiError } from './api-error.ts';
import { getObject } from './apply.ts';
import type { Cluster } from './cluster.ts';
import { type HeldLease, keepLease } from './held-lease.ts';
import { type LeaseObject, leasePath, leaseSpec } from './lease-object.ts';
import { observeLease } from './observe-lease.ts';

export interface LeaseOptions {
  readonly name: string;
  /** Says who it is, for the one who must wait: "acme/hello run 123 attempt 1". */
  readonly holder: string;
  /** Milliseconds until an unrenewed lease is free for others; default 6 s. It is renewed four times as often. */
  readonly duration?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told who holds it, when it takes a while to see whether he lives. */
  readonly onWait?: (holder: string) => void;
}

/**
 * Takes the lease, or says who holds it. Whether its holder lives is seen by watching it being renewed, whatever the clocks of
 * the two machines say: a lease is free when it was not renewed for its own duration, by the clock of the one who watches.
 */
export async function acquireLease(cluster: Cluster, options: LeaseOptions): Promise<HeldLease> {
  const { name, holder, duration = 6000, signal, onWait } = options;
  for (let attempt = 1; ; attempt++) {
    const { lease: known, alive } = await observeLease(cluster, name, { signal, onWait, mine: holder });
    if (alive) throw locked(name, known);
    const before = known?.spec.holderIdentity || undefined;
    const wanted = leaseSpec(holder, duration, (known?.spec.leaseTransitions ?? -1) + 1);
    const lease = await take(cluster, name, known, wanted, signal);
    if (lease !== undefined)
      return keepLease(cluster, lease, { holder, duration, expiredHolder: before === holder ? undefined : before });
    if (attempt === 3) throw locked(name, undefined);
  }
}

/** The lease as it is ours now; undefined when it was written by somebody who does not hold it, so that it is to be looked at again. */
async function take(
  cluster: Cluster,
  name: string,
  known: LeaseObject | undefined,
  spec: LeaseObject['spec'],
  signal: AbortSignal | undefined,
): Promise<LeaseObject | undefined> {
  const path = leasePath(cluster.namespace);
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
  try {
    // made twice it is there already: then it is seen below whose it is
    return known === undefined
      ? await cluster.request('POST', path, { body, signal, harmless: true })
      : await cluster.request('PUT', `${path}/${name}`, { body: { ...known, spec }, signal });
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    const now = await getObject<LeaseObject>(cluster, `${path}/${name}`, signal);
    const holder = now?.spec.holderIdentity || undefined;
    if (holder === spec.holderIdentity) return now; // our own write, whose answer was lost
    if (holder !== undefined && holder !== known?.spec.holderIdentity) throw locked(name, now);
    return undefined;
  }
}

function locked(name: string, lease: LeaseObject | undefined): SlipwayError {
  const holder = lease?.spec.holderIdentity;
  const who = holder ? `"${holder}", which renews it` : 'another run';
  return new SlipwayError('LOCKED', `the lease ${name} is held by ${who}`, {
    hint: 'Nothing was changed. Wait for the other run; if it dies, the next run takes over.',
  });
}
