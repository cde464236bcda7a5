import { messageOf } from '../errors.ts';
import { formatDuration } from '../units.ts';
import type { Address } from './addresses.ts';
import { attempt } from './attempts/attempt.ts';
import type { Check } from './check.ts';
import type { Connect } from './connect.ts';
import { isSpread, probeEach } from './every-address.ts';
import type { Kept } from './kept.ts';
import { type Observation, ProbeFailure } from './observation.ts';
import type { Reach } from './reach.ts';
import { Trace } from './trace.ts';

export interface ProbeOptions {
  /** Ends the attempt when aborted; without `timeout`, that is its only bound. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole attempt: names, connections, redirects, body. */
  readonly timeout?: number;
  /** Reaches hosts by another way than this machine's network. */
  readonly connect?: Connect;
  readonly forbidPrivate?: boolean;
  /** Hosts, clusters and registries for the kinds of checks that need them. */
  readonly reach?: Reach;
  /** This address of the check's host and no other. */
  readonly only?: Address;
  /** What the attempts of one check leave open for each other. */
  readonly kept?: Kept;
}

/**
 * One attempt of a check. Never throws for what the network or the server does: that is the observation. Ends within
 * 100 ms after its timeout or its signal, whatever the server does.
 *
 * @throws the signal's reason, when the caller's signal ended it
 */
export async function probe(check: Check, options: ProbeOptions = {}): Promise<Observation> {
  if (isSpread(check) && options.only === undefined) return probeEach(check, options);
  const trace = new Trace();
  const [at, began] = [Date.now(), performance.now()];
  const controller = new AbortController();
  const timeUp = new ProbeFailure('timeout', 'time is up');
  const timer = options.timeout === undefined ? undefined : setTimeout(() => controller.abort(timeUp), options.timeout);
  const stop = () => controller.abort(options.signal?.reason);
  if (options.signal?.aborted) stop();
  else options.signal?.addEventListener('abort', stop, { once: true });
  let failure: ProbeFailure | undefined;
  let detail = '';
  try {
    controller.signal.throwIfAborted();
    const inner = { ...options, signal: controller.signal };
    detail = await attempt(check, inner, trace);
  } catch (error) {
    if (error !== timeUp && controller.signal.aborted && options.signal?.aborted) throw options.signal.reason;
    failure = asFailure(error);
    // what fails because it was ended may say so in its own words; a watch that ends tells its last answer
    if (controller.signal.reason === timeUp && failure.reason !== 'not-serving')
      failure = timedOut(options.timeout!, trace);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
  const ms = performance.now() - began;
  if (failure === undefined && check.within !== undefined && ms > check.within) {
    failure = new ProbeFailure(
      'slow',
      `${detail}, but in ${formatDuration(ms)} instead of ${formatDuration(check.within)}`,
    );
  }
  return {
    ok: failure === undefined,
    ...(failure === undefined ? {} : { reason: failure.reason }),
    detail: failure?.message ?? detail,
    retriable: failure?.retriable ?? true,
    at,
    ms,
    phases: trace.phases(),
    addresses: trace.addresses,
    redirects: trace.redirects,
    ...(trace.phase === undefined ? {} : { phase: trace.phase }),
    ...(trace.status === undefined ? {} : { status: trace.status }),
    ...(trace.certificate === undefined ? {} : { certificate: trace.certificate }),
    ...(trace.chain.length === 0 ? {} : { chain: trace.chain }),
    ...(trace.anchor === undefined ? {} : { anchor: trace.anchor }),
    ...(trace.bodyHead === undefined ? {} : { bodyHead: trace.bodyHead }),
  };
}

const doing = {
  dns: 'while its name was being resolved',
  connect: 'while connecting',
  tls: 'during the TLS handshake',
  firstByte: 'while waiting for the first byte of an answer',
  body: 'in the middle of the body',
} as const;

function timedOut(timeout: number, trace: Trace): ProbeFailure {
  const where = trace.phase === undefined ? '' : ` ${doing[trace.phase]}`;
  const tried = trace.phase === 'connect' ? trace.addresses.map(one => `${one.address} (IPv${one.family})`) : [];
  const to = tried.length === 0 ? '' : ` to ${tried.join(', ')}`;
  return new ProbeFailure('timeout', `no answer within ${formatDuration(timeout)}: time ran out${where}${to}`);
}

/** What is no ProbeFailure here is a defect or a broken hook; it must still not end a gate. */
function asFailure(error: unknown): ProbeFailure {
  return error instanceof ProbeFailure ? error : new ProbeFailure('protocol', messageOf(error), { cause: error });
}
