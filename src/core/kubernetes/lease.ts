import { SlipwayError } from '../errors.ts';
import { formatDuration } from '../units.ts';
import { isApiError } from './api-error.ts';
import { getObject } from './apply.ts';
import type { Cluster } from './cluster.ts';
import type { KubeObject } from './objects.ts';

/** A lock in the cluster, held for as long as it is renewed. */
export interface HeldLease {
  /** Aborted when the lease is lost: from then on nothing may be written any more. */
  readonly lost: AbortSignal;
  /** Who held it before and let it expire: a run that died. */
  readonly expiredHolder: string | undefined;
  /** Stops renewing and gives it free. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly name: string;
  /** Says who it is, for the one who must wait: "acme/hello run 123 attempt 1". */
  readonly holder: string;
  /** Milliseconds until an unrenewed lease is free for others; default 30 s. */
  readonly duration?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Takes the lease or says who holds it and until when. */
export async function acquireLease(cluster: Cluster, options: LeaseOptions): Promise<HeldLease> {
  const { name, holder, duration = 30_000, signal } = options;
  const path = leasePath(cluster.namespace);
  const known = await getObject(cluster, `${path}/${name}`, signal);
  const before = known === undefined ? undefined : holderOf(known);
  if (before !== undefined && before.holder !== holder && before.until > Date.now()) throw locked(name, before);
  const wanted = spec(holder, duration, (known?.['spec']?.leaseTransitions ?? -1) + 1);
  let lease: KubeObject;
  try {
    lease =
      known === undefined
        ? await cluster.request('POST', path, {
            body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec: wanted },
            signal,
          })
        : await cluster.request('PUT', `${path}/${name}`, { body: { ...known, spec: wanted }, signal });
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    const winner = await getObject(cluster, `${path}/${name}`, signal);
    const by = winner && holderOf(winner);
    if (winner === undefined || by?.holder !== holder) throw locked(name, by);
    lease = winner; // our own write, whose answer was lost
  }
  return keep(cluster, lease, holder, duration, before?.holder === holder ? undefined : before?.holder);
}

function keep(
  cluster: Cluster,
  first: KubeObject,
  holder: string,
  duration: number,
  expiredHolder: string | undefined,
): HeldLease {
  const path = `${leasePath(cluster.namespace)}/${first.metadata.name}`;
  const controller = new AbortController();
  let lease = first;
  let renewed = Date.now();
  let ended = false;
  let renewing: Promise<void> = Promise.resolve();
  const renew = async () => {
    const began = Date.now();
    try {
      lease = await cluster.request('PUT', path, {
        body: { ...lease, spec: spec(holder, duration, lease['spec'].leaseTransitions) },
        within: duration / 3,
      });
      renewed = began;
    } catch (error) {
      const now = await getObject(cluster, path, AbortSignal.timeout(duration / 3)).then(
        found => found ?? 'deleted',
        () => 'unknown' as const,
      );
      if (typeof now === 'object' && now['spec']?.holderIdentity === holder) {
        lease = now; // our own write, whose answer was lost; or the one before
        renewed = Date.parse(now['spec'].renewTime);
      } else if (now !== 'unknown' || isApiError(error, 404)) controller.abort(lost(first.metadata.name, now));
    }
  };
  // by a clock of its own: whoever waits for an answer does not look at the time
  const expiry = setInterval(() => {
    if (Date.now() - renewed >= duration) controller.abort(lost(first.metadata.name, 'unknown'));
  }, duration / 30);
  expiry.unref();
  const timer = setInterval(() => {
    renewing = renewing.then(() => (ended ? undefined : renew()));
  }, duration / 3);
  timer.unref();
  return {
    lost: controller.signal,
    expiredHolder,
    async release() {
      ended = true;
      clearInterval(timer);
      clearInterval(expiry);
      await renewing;
      if (controller.signal.aborted) return;
      await cluster
        .request('PUT', path, { body: { ...lease, spec: { ...lease['spec'], holderIdentity: '' } }, within: 5000 })
        .catch(() => undefined); // it expires by itself
    },
  };
}

/** Who holds a lease, and until when (milliseconds since the epoch); undefined when nobody does. */
export function holderOf(lease: KubeObject): { holder: string; until: number } | undefined {
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease['spec'] ?? {};
  if (!holderIdentity) return undefined;
  return { holder: holderIdentity, until: Date.parse(renewTime) + leaseDurationSeconds * 1000 };
}

export function leasePath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

function spec(holder: string, duration: number, transitions: number): object {
  const now = new Date().toISOString().replace('Z', '000Z'); // the API wants microseconds
  return {
    holderIdentity: holder,
    leaseDurationSeconds: Math.ceil(duration / 1000),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: transitions,
  };
}

function locked(name: string, by: { holder: string; until: number } | undefined): SlipwayError {
  const who = by === undefined ? 'another run' : `"${by.holder}"`;
  const until = by === undefined ? '' : `; it must renew within ${formatDuration(Math.max(0, by.until - Date.now()))}`;
  return new SlipwayError('LOCKED', `the lease ${name} is held by ${who}${until}`, {
    hint: 'Nothing was changed. Wait for the other run; if it has died, its lease expires and the next run takes over.',
  });
}

function lost(name: string, now: KubeObject | 'deleted' | 'unknown'): SlipwayError {
  const who =
    now === 'unknown'
      ? 'it could not be renewed in time'
      : now === 'deleted'
        ? 'somebody deleted it'
        : `it is now held by "${now['spec']?.holderIdentity ?? ''}"`;
  return new SlipwayError('LOCK_LOST', `the lease ${name} was lost: ${who}`, {
    hint: 'This run stopped writing at once. The run that holds the lease now brings the rollout to an end; if there is none, run `mode: abort`.',
  });
}
