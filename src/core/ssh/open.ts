import { deadline } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import { connectError } from './connect-error.ts';
import { Connection } from './connection.ts';
import { dial } from './dial.ts';
import { handshake } from './handshake.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import type { Identity } from './identities.ts';
import { type Limiter, limiter } from './limiter.ts';
import { keepaliveInterval } from './silence.ts';
import { keyTypes, pinsFor, type Trust } from './trust.ts';

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Milliseconds without a byte from the host after which the connection counts as lost; default 20 s. */
  readonly silence?: number;
  /** What will be run first: begun together with authentication where that is possible. */
  readonly command?: string | undefined;
}

const defaultSilence = 20_000;
const attemptTimeout = 15_000;
/**
 * sshd drops bursts of unauthenticated connections (MaxStartups 10:30:100); each sshd counts for itself, and learns on a
 * busy host some time after us who has authenticated: so half as many.
 */
const handshakesAtOnce = 5;
const turns = new Map<string, Limiter>();

/** Connects and authenticates once. @param over the last jump host, if there is one */
export async function open(
  host: HostSpec,
  identities: readonly Identity[],
  trust: Trust,
  options: OpenOptions,
  over?: Connection,
): Promise<Connection> {
  const { silence = defaultSilence, command } = options;
  const shown: string[] = [];
  const attempt = async () => {
    using signal = deadline(attemptTimeout, `connecting to ${formatHost(host)}`, options.signal);
    const offered = { accepts: [], identities: [], partial: false };
    const stream = await dial(host, over, signal).catch(error => {
      throw signal.aborted || error instanceof SlipwayError ? error : connectError(error, host, offered);
    });
    const keepalive = keepaliveInterval(silence);
    const { client, early } = await handshake({ host, stream, identities, trust, shown, keepalive, signal, command });
    return new Connection(host, client, stream, silence, early);
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
      if (!(error instanceof SlipwayError)) throw error;
      const hasNoOther = error.code === 'HANDSHAKE_FAILED' && refusals.length > 0;
      if (error.code !== 'HOST_KEY_MISMATCH') throw hasNoOther ? joined(refusals) : error;
      refusals.push(error);
      if (pinsFor(trust, host).length === 0 || keyTypes.every(type => shown.includes(type))) throw joined(refusals);
    }
  }
}

function joined(refusals: readonly SlipwayError[]): SlipwayError {
  const [first] = refusals as [SlipwayError];
  if (refusals.length === 1) return first;
  return new SlipwayError(first.code, refusals.map(refusal => refusal.message).join('; '), {
    hint: first.hint!,
    cause: first,
  });
}
