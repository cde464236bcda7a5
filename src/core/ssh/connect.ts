import { deadline, retry } from '../deadline.ts';
import { messageOf, SlipwayError, wrap } from '../errors.ts';
import { log } from '../log.ts';
import { formatDuration } from '../units.ts';
import type { Access } from './access.ts';
import { borrow } from './borrow.ts';
import { connectError, isPassing } from './connect-error.ts';
import { Connection } from './connection.ts';
import { dial } from './dial.ts';
import { handshake } from './handshake.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import type { Identity } from './identities.ts';
import { type Limiter, limiter } from './limiter.ts';
import { keepaliveInterval } from './silence.ts';
import { keyTypes, pinsFor, type Trust } from './trust.ts';

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for everything, tries included; default 30 s. */
  readonly timeout?: number;
  /** Milliseconds without a byte from the host after which the connection counts as lost; default 20 s. */
  readonly silence?: number;
}

export const defaultTimeout = 30_000;
const defaultSilence = 20_000;
const attemptTimeout = 15_000;
/** sshd drops bursts of unauthenticated connections (MaxStartups 10:30:100); each sshd counts for itself. */
const handshakesAtOnce = 8;
const turns = new Map<string, Limiter>();

/**
 * Connects and authenticates, through the jump hosts if there are any. What may pass (refused, reset, timed out, dropped)
 * is tried again until the time is up; a key that is refused, the host's or ours, never.
 *
 * @throws HOST_KEY_UNKNOWN, HOST_KEY_MISMATCH, HOST_KEY_REVOKED, HOST_NOT_FOUND, AUTH_REFUSED, HANDSHAKE_FAILED,
 *   JUMP_REFUSED, SSH_AGENT_FAILED, CONNECT_FAILED
 */
export async function connect(host: HostSpec, access: Access, options: ConnectOptions): Promise<Connection> {
  const { signal, timeout = defaultTimeout } = options;
  const way = host.jumpHosts ?? access.jumpHosts;
  const begun = Date.now();
  let [tries, said, last] = [1, 0, undefined as unknown];
  try {
    return await retry(limited => reach(host, way, access.identities, access, { ...options, signal: limited }), {
      doing: `connecting to ${formatHost(host)}`,
      signal,
      attempts: Number.POSITIVE_INFINITY,
      within: timeout,
      retriable: isPassing,
      onRetry: (error, attempt) => {
        [tries, last] = [attempt, error];
        if (Date.now() - said < 10_000) return;
        said = Date.now();
        log.info(`${messageOf(error)}; trying again for ${formatDuration(Math.max(0, begun + timeout - said))}`);
      },
    });
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'DEADLINE' || signal.aborted) throw error;
    const why = last ?? error;
    const hint =
      (why instanceof SlipwayError && why.hint) || 'Check address, port and firewall, and that sshd runs there.';
    const given = `given up after ${formatDuration(timeout)}${tries === 1 ? '' : ` and ${tries} tries`}`;
    throw new SlipwayError('CONNECT_FAILED', `${messageOf(why)}; ${given}`, { hint, cause: error });
  }
}

/** The jump hosts first: whoever waits for them must not keep others from their handshake. */
async function reach(
  host: HostSpec,
  way: readonly HostSpec[],
  identities: readonly Identity[],
  access: Access,
  options: ConnectOptions,
): Promise<Connection> {
  const jump = way.at(-1);
  if (jump === undefined) return open(host, identities, access.trust, options);
  const nearer = (signal: AbortSignal) =>
    reach(jump, way.slice(0, -1), access.jumpIdentities, access, { ...options, signal });
  using borrowed = await borrow(access, way, nearer, options.signal).catch(error => {
    throw options.signal.aborted ? error : wrap('CONNECT_FAILED', `on the way to ${formatHost(host)}`, error);
  });
  const connection = await open(host, identities, access.trust, options, borrowed.connection);
  connection.onceLost(borrowed.keep());
  return connection;
}

/** One connection, by one turn of its sshd. */
async function open(
  host: HostSpec,
  identities: readonly Identity[],
  trust: Trust,
  options: ConnectOptions,
  over?: Connection,
): Promise<Connection> {
  const { silence = defaultSilence } = options;
  const shown: string[] = [];
  const attempt = async () => {
    using signal = deadline(attemptTimeout, `connecting to ${formatHost(host)}`, options.signal);
    const offered = { accepts: [], identities: [], partial: false };
    const stream = await dial(host, over, signal).catch(error => {
      throw signal.aborted || error instanceof SlipwayError ? error : connectError(error, host, offered);
    });
    const keepalive = keepaliveInterval(silence);
    const client = await handshake({ host, stream, identities, trust, shown, keepalive, signal });
    return new Connection(host, client, stream, silence);
  };
  return turnOf(host, over)(() => untilKnown(attempt, host, trust, shown), options.signal);
}

function turnOf({ host, port }: HostSpec, over: Connection | undefined): Limiter {
  const server = `${over === undefined ? '' : formatHost(over.host)} ${host} ${port}`;
  const turn = turns.get(server) ?? limiter(handshakesAtOnce);
  turns.set(server, turn);
  return turn;
}

/**
 * A pinned fingerprint need not say its key's type, and the server shows one key only: when that is another one, the
 * remaining types are asked for, one after the other.
 */
async function untilKnown(
  attempt: () => Promise<Connection>,
  host: HostSpec,
  trust: Trust,
  shown: readonly string[],
): Promise<Connection> {
  const refusals: SlipwayError[] = [];
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const refused = error instanceof SlipwayError && error.code === 'HOST_KEY_MISMATCH';
      if (refused) refusals.push(error);
      const noneLeft = keyTypes.every(type => shown.includes(type));
      if (!refused && refusals.length > 0) throw joined(refusals);
      if (!refused || pinsFor(trust, host).length === 0 || noneLeft) throw joined(refusals) ?? error;
    }
  }
}

function joined(refusals: readonly SlipwayError[]): SlipwayError | undefined {
  const [first] = refusals;
  if (first === undefined || refusals.length === 1) return first;
  return new SlipwayError(first.code, refusals.map(refusal => refusal.message).join('; '), {
    hint: first.hint!,
    cause: first,
  });
}
