import type { Client } from 'ssh2';
import { deadline, retry } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import type { Access } from './access.ts';
import { connectError, isPassing } from './connect-error.ts';
import { Connection } from './connection.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import { typeOf } from './known-hosts.ts';
import { limiter } from './limiter.ts';
import { loadSsh2 } from './load.ts';
import { distrust, hostKeyAlgorithms, keyTypes } from './trust.ts';

export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for everything, tries included; default 30 s. */
  readonly timeout?: number;
}

/** sshd drops bursts of unauthenticated connections (MaxStartups 10:30:100). */
const handshakes = limiter(8);
const attemptTimeout = 15_000;

/**
 * Connects and authenticates; what may pass (refused, timed out, dropped) is tried again, a wrong key never.
 *
 * @throws HOST_KEY_UNKNOWN, HOST_KEY_MISMATCH, HOST_KEY_REVOKED, AUTH_REFUSED, CONNECT_FAILED
 */
export async function connect(host: HostSpec, access: Access, options: ConnectOptions): Promise<Connection> {
  const doing = `connecting to ${formatHost(host)}`;
  const once = (signal: AbortSignal) => handshakes(() => withKnownKey(host, access, signal), signal);
  return retry(once, {
    doing,
    signal: options.signal,
    attempts: 5,
    within: options.timeout ?? 30_000,
    retriable: isPassing,
  });
}

/**
 * A pinned fingerprint does not say its key's type, and the server shows one key only: when that is another one, the
 * remaining types are asked for, one after the other.
 */
async function withKnownKey(host: HostSpec, access: Access, signal: AbortSignal): Promise<Connection> {
  const shown: string[] = [];
  const refusals: SlipwayError[] = [];
  for (;;) {
    try {
      return new Connection(host, await handshake(host, access, shown, signal));
    } catch (error) {
      const refused = error instanceof SlipwayError && error.code === 'HOST_KEY_MISMATCH';
      if (refused) refusals.push(error);
      const noneLeft = keyTypes.every(type => shown.includes(type));
      if (!refused && refusals.length > 0) throw joined(refusals);
      if (!refused || access.trust.fingerprints === undefined || noneLeft) throw joined(refusals) ?? error;
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

async function handshake(host: HostSpec, access: Access, shown: string[], parent: AbortSignal): Promise<Client> {
  const ssh2 = await loadSsh2();
  using signal = deadline(attemptTimeout, `connecting to ${formatHost(host)}`, parent);
  const client = new ssh2.Client();
  let keyRefused: SlipwayError | undefined;
  let accepted: readonly string[] = [];
  let tried = false;
  try {
    return await new Promise<Client>((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      client.once('ready', () => resolve(client));
      // stays: an error event without listener would end the process
      client.on('error', error => reject(keyRefused ?? connectError(error, host, access, accepted)));
      client.once('close', () =>
        reject(keyRefused ?? connectError(new Error('the server closed the connection'), host, access, accepted)),
      );
      client.connect({
        host: host.host,
        port: host.port,
        username: host.user,
        readyTimeout: 0, // the deadline above stands in for it
        keepaliveInterval: 5_000,
        keepaliveCountMax: 3,
        algorithms: { serverHostKey: hostKeyAlgorithms(access.trust, host, shown) as never },
        hostVerifier: (blob: Buffer) => {
          keyRefused = distrust(access.trust, host, blob);
          if (keyRefused !== undefined) shown.push(typeOf(blob));
          return keyRefused === undefined;
        },
        // the key only, at once: no `none` before it, no agent and no password behind the user's back
        authHandler: (left, _partial, next) => {
          if (left !== null) accepted = left;
          // ssh2 asks again at once, for ever, when it skips what it was given
          next(tried ? (false as never) : { type: 'publickey', username: host.user, key: access.key.key as never });
          tried = true;
        },
      });
    });
  } catch (error) {
    client.destroy();
    throw error;
  }
}
