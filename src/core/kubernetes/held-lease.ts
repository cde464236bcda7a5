import { sleep } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import { isApiError } from './api-error.ts';
import { getObject } from './apply.ts';
import type { Cluster } from './cluster.ts';
import { type LeaseObject, leasePath, nowForLease } from './lease-object.ts';

/** A lock in the cluster, held for as long as it is renewed. */
export interface HeldLease {
  readonly holder: string;
  /** Aborted when the lease is lost: from then on nothing may be written any more. */
  readonly lost: AbortSignal;
  /** Who held it before and let it expire: a run that died. */
  readonly expiredHolder: string | undefined;
  /**
   * Resolves while nobody else can have the lease. Waits when it could not be renewed in time, until it is renewed after all:
   * as long as nobody has taken it, an API server that was away takes nothing from its holder. Throws when it is lost.
   */
  sure(signal?: AbortSignal): Promise<void>;
  /** Stops renewing and gives it free. */
  release(): Promise<void>;
}

export interface Keep {
  readonly holder: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly expiredHolder: string | undefined;
}

/** Renews a lease that was just taken. Times are this machine's own steady clock's, from before each request was sent. */
export function keepLease(cluster: Cluster, first: LeaseObject, { holder, duration, expiredHolder }: Keep): HeldLease {
  const { name } = first.metadata;
  const path = `${leasePath(cluster.namespace)}/${name}`;
  const controller = new AbortController();
  const lose = (now: LeaseObject | 'deleted' | 'unknown') => controller.abort(lost(name, now));
  let lease = first;
  let renewed = performance.now();
  let renewing: Promise<void> | undefined;
  const renew = async () => {
    const began = performance.now();
    const renewTime = nowForLease();
    try {
      const body = { ...lease, spec: { ...lease.spec, renewTime } };
      lease = await cluster.request('PUT', path, { body, within: duration / 3 });
      renewed = began;
    } catch (error) {
      const now = await getObject<LeaseObject>(cluster, path, AbortSignal.timeout(Math.ceil(duration / 3))).then(
        found => found ?? 'deleted',
        () => 'unknown' as const,
      );
      if (typeof now === 'object' && now.spec.holderIdentity === holder) {
        lease = now; // our own write, whose answer was lost, or the one before
        if (now.spec.renewTime === renewTime) renewed = began;
      } else if (now !== 'unknown' || isApiError(error, 404)) lose(now);
    }
  };
  const timer = setInterval(() => {
    renewing ??= renew().finally(() => (renewing = undefined));
    if (performance.now() - renewed >= duration * patience) lose('unknown');
  }, duration / 4);
  timer.unref();
  return {
    holder,
    lost: controller.signal,
    expiredHolder,
    async sure(signal) {
      // a moment before it ends for others: what is sent now has to arrive
      while (performance.now() - renewed >= duration * 0.8) {
        controller.signal.throwIfAborted();
        await sleep(duration / 60, signal);
      }
      controller.signal.throwIfAborted();
    },
    async release() {
      clearInterval(timer);
      await renewing;
      if (controller.signal.aborted) return;
      const body = { ...lease, spec: { ...lease.spec, holderIdentity: '' } };
      await cluster.request('PUT', path, { body, within: 5000 }).catch(() => undefined); // it expires by itself
    },
  };
}

/** So many durations a lease that nobody has taken may stay unrenewed: a minute, by default. */
const patience = 10;

function lost(name: string, now: LeaseObject | 'deleted' | 'unknown'): SlipwayError {
  const who =
    now === 'unknown'
      ? 'it could not be renewed in time'
      : now === 'deleted'
        ? 'somebody deleted it'
        : `it is now held by "${now.spec.holderIdentity ?? ''}"`;
  return new SlipwayError('LOCK_LOST', `the lease ${name} was lost: ${who}`, {
    hint: 'This run stopped writing at once. The run that holds the lease now brings the rollout to an end; if there is none, run `mode: resume` or `mode: abort`.',
  });
}
