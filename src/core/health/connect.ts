import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf } from '../errors.ts';
import { type Address, isPrivateAddress, resolveHost } from './addresses.ts';
import { hostPort, type Route } from './check.ts';
import { type AddressTried, ProbeFailure, type Reason } from './observation.ts';
import { raced } from './raced.ts';
import type { Trace } from './trace.ts';

/** Opens a stream to a host by another way than this machine's network: an SSH connection's forwarding, say. */
export type Connect = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

export interface ConnectOptions {
  readonly signal: AbortSignal;
  readonly connect?: Connect;
  /** Refuses private addresses before anything is sent to them. Of no effect with `connect`: it resolves by itself. */
  readonly forbidPrivate?: boolean;
  readonly route?: Route;
  /** This address of the host and no other. */
  readonly only?: Address;
}

/** RFC 8305: how long an address may take before the next one is tried beside it. */
const headStart = 250;

/** Connects to the first address of the host that answers; every address that was tried is named in the trace. */
export async function openStream(host: string, port: number, options: ConnectOptions, trace: Trace): Promise<Duplex> {
  const { socket, resolve } = options.route ?? {};
  if (socket !== undefined) return openSocket(socket, options, trace);
  const given = addressesGiven(resolve, host);
  if (options.connect !== undefined) {
    trace.enter('connect');
    const to = given?.[0]?.address ?? host;
    const stream = await raced(options.connect(to, port, options.signal), options.signal, late => late.destroy()).catch(
      error => {
        throw connectFailure(error, hostPort(host, port), options.signal);
      },
    );
    trace.leave('connect');
    return stream;
  }
  trace.enter('dns');
  const addresses = options.only ? [options.only] : await addressesOf(host, options);
  trace.leave('dns');
  if (options.forbidPrivate) refusePrivate(host, addresses); // also one that was chosen before
  trace.enter('connect');
  const stream = await race(addresses, port, options.signal, trace);
  trace.leave('connect');
  return stream;
}

/**
 * The addresses that a host has for a check: those that the check itself names, else those of the resolver, of the
 * family that it wants.
 *
 * @throws ProbeFailure when there is none, or a private one where those are forbidden
 */
export async function addressesOf(
  host: string,
  options: Pick<ConnectOptions, 'route' | 'signal' | 'forbidPrivate'>,
): Promise<Address[]> {
  const { resolve, ip } = options.route ?? {};
  const found = addressesGiven(resolve, host) ?? (await raced(resolveHost(host), options.signal));
  const wanted = ip === undefined ? found : found.filter(one => one.family === ip);
  if (wanted.length === 0) throw new ProbeFailure('dns', `the name ${host} has no IPv${ip} address`);
  if (options.forbidPrivate) refusePrivate(host, wanted);
  return wanted;
}

function addressesGiven(resolve: Route['resolve'], host: string): Address[] | undefined {
  const given = resolve?.[host.toLowerCase()] ?? resolve?.['*'];
  return given?.map(address => ({ address, family: address.includes(':') ? 6 : 4 }));
}

async function openSocket(path: string, options: ConnectOptions, trace: Trace): Promise<Duplex> {
  if (options.connect !== undefined) {
    throw new ProbeFailure('unreachable', `the unix socket ${path} cannot be reached from here`, { retriable: false });
  }
  trace.enter('connect');
  const socket = connectSocket({ path });
  await raced(once(socket, 'connect'), options.signal).catch(error => {
    socket.destroy();
    throw connectFailure(error, path, options.signal);
  });
  socket.on('error', () => undefined); // until its next user listens
  trace.leave('connect');
  return socket;
}

function refusePrivate(host: string, addresses: readonly Address[]): void {
  const found = addresses.find(isPrivateAddress);
  if (found === undefined) return;
  const what = host === found.address ? host : `${host} is ${found.address}, which`;
  throw new ProbeFailure('private', `${what} is a private address, and forbid-private is set`, { retriable: false });
}

/** Starts one connection after the other, the next one when the last failed or had its head start; the first wins. */
function race(addresses: readonly Address[], port: number, signal: AbortSignal, trace: Trace): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const failures: { one: Address; error: unknown }[] = [];
    const tried: Address[] = [];
    let timer: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      trace.addresses.push(...tried.map(one => named(one, failures)));
    };
    const stop = () => {
      for (const socket of open) socket.destroy();
      finish();
      reject(signal.reason);
    };
    const next = () => {
      clearTimeout(timer);
      const one = addresses[tried.length];
      if (one === undefined) return;
      tried.push(one);
      const socket = connectSocket({ host: one.address, port, family: one.family });
      open.add(socket);
      socket.once('connect', () => {
        open.delete(socket);
        socket.on('error', () => undefined); // until its next user listens
        for (const other of open) other.destroy();
        finish();
        resolve(socket);
      });
      socket.once('error', error => {
        if (!open.delete(socket)) return; // connected before: no longer ours
        failures.push({ one, error });
        if (failures.length === addresses.length) {
          finish();
          reject(allFailed(failures, port));
        } else next();
      });
      if (tried.length < addresses.length) timer = setTimeout(next, headStart);
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    next();
  });
}

function named(one: Address, failures: readonly { one: Address; error: unknown }[]): AddressTried {
  const failure = failures.find(failed => failed.one === one);
  const error = failure && ((failure.error as NodeJS.ErrnoException).code ?? messageOf(failure.error));
  return { ...one, ...(error === undefined ? {} : { error }) };
}

/** One failure for all addresses; "refused" when any refused, because then the host is there. */
function allFailed(failures: readonly { one: Address; error: unknown }[], port: number): ProbeFailure {
  const seen = failures.map(({ one, error }) => {
    return `${hostPort(one.address, port)} (IPv${one.family}) ${words(error)}`;
  });
  const kinds = failures.map(({ error }) => reasonOf(error));
  const reason = kinds.includes('refused') ? 'refused' : kinds[0]!;
  return new ProbeFailure(reason, seen.join('; '), { cause: failures[0]!.error });
}

function connectFailure(error: unknown, where: string, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof ProbeFailure) return error;
  return new ProbeFailure(reasonOf(error), `${where} ${words(error)}`, { cause: error });
}

function words(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') return 'is not there';
  return code === 'ECONNREFUSED' ? 'refused the connection' : `cannot be reached: ${code ?? messageOf(error)}`;
}

function reasonOf(error: unknown): Reason {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? messageOf(error));
  if (/ECONNREFUSED|connection refused/i.test(code)) return 'refused';
  if (/ETIMEDOUT/i.test(code)) return 'timeout';
  return /ECONNRESET|EPIPE/i.test(code) ? 'reset' : 'unreachable';
}
