import { deadline } from '../deadline.ts';
import { messageOf } from '../errors.ts';
import type { Address } from './addresses.ts';
import { type Check, hostOf, type Route } from './check.ts';
import { addressesOf } from './connect.ts';
import { type Observation, ProbeFailure } from './observation.ts';
import { type ProbeOptions, probe } from './probe.ts';
import { Trace } from './trace.ts';

type Spread = Check & Route;

/** Whether the check wants every address of its host to be asked. */
export function isSpread(check: Check): check is Spread {
  return 'addresses' in check && (check.addresses ?? 'any') !== 'any' && check.socket === undefined;
}

/**
 * One attempt at each address of the host, at the same time; good when all are. Names are looked up again at every
 * attempt, so that an address that appears later is asked too.
 */
export async function probeEach(check: Spread, options: ProbeOptions): Promise<Observation> {
  const [at, began] = [Date.now(), performance.now()];
  const host = check.kind === 'http' ? hostOf(check.url) : (check as { host: string }).host;
  let addresses: Address[];
  try {
    if (options.connect !== undefined) {
      const detail = 'the host that is asked through looks names up by itself: "addresses" can only be any here';
      throw new ProbeFailure('dns', detail, { retriable: false });
    }
    using limited = deadline(options.timeout ?? Number.POSITIVE_INFINITY, `resolving ${host}`, options.signal);
    addresses = await addressesOf(host, { route: check, signal: limited });
  } catch (error) {
    options.signal?.throwIfAborted();
    const late = (error as { code?: string }).code === 'DEADLINE';
    const failure =
      error instanceof ProbeFailure ? error : new ProbeFailure(late ? 'timeout' : 'dns', messageOf(error));
    return unresolved(failure, at, performance.now() - began);
  }
  const left =
    options.timeout === undefined ? {} : { timeout: Math.max(1, options.timeout - (performance.now() - began)) };
  const seen = await Promise.all(addresses.map(only => probe(check, { ...options, ...left, only })));
  return together(addresses, seen, check.addresses === 'reachable' || /^(.+\.)?localhost\.?$/i.test(host));
}

function unresolved(failure: ProbeFailure, at: number, ms: number): Observation {
  const { reason, message: detail, retriable } = failure;
  return { ok: false, reason, detail, retriable, at, ms, phases: new Trace().phases(), addresses: [], redirects: [] };
}

/**
 * What the attempts come to: the first failure, with how many there were, or the slowest success. `lenient` leaves out
 * addresses that have no route from here (or, for localhost, no listener) where another address of the name has.
 */
export function together(addresses: readonly Address[], seen: readonly Observation[], lenient: boolean): Observation {
  const away = ({ reason, addresses: tried }: Observation) =>
    reason === 'refused'
      ? addresses.every(isLoopback)
      : /^E(NETUNREACH|HOSTUNREACH|ADDRNOTAVAIL|AFNOSUPPORT)$/.test(tried[0]?.error ?? '');
  const counted = lenient && seen.some(one => !away(one)) ? seen.filter(one => !away(one)) : seen;
  const failed = counted.filter(one => !one.ok);
  const slowest = counted.reduce((a, b) => (b.ms > a.ms ? b : a));
  const tried = addresses.map((one, index) => {
    const { ok, addresses: own, reason } = seen[index]!;
    const error = own[0]?.error ?? (ok ? undefined : reason);
    return { ...one, ...(error === undefined ? {} : { error }) };
  });
  const left = seen.length - counted.length;
  const without = left === 0 ? '' : ` (${left} left out: no route or no listener)`;
  if (failed.length === 0) {
    const detail =
      counted.length === 1 && left === 0
        ? slowest.detail
        : `${slowest.detail} at each of ${counted.length} addresses${without}`;
    return { ...slowest, detail, addresses: tried };
  }
  const names = addresses
    .filter((_, index) => failed.includes(seen[index]!))
    .map(one => `${one.address} (IPv${one.family})`);
  const worst = failed.find(one => !one.retriable) ?? failed[0]!;
  const detail = `${failed.length} of ${counted.length} addresses fail${without}, ${names.join(', ')}: ${worst.detail}`;
  return { ...worst, detail: counted.length === 1 ? worst.detail : detail, ms: slowest.ms, addresses: tried };
}

function isLoopback({ address }: Address): boolean {
  return address === '::1' || address.startsWith('127.');
}
