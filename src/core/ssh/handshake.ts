import type { Duplex } from 'node:stream';
import type { AnyAuthMethod, Client } from 'ssh2';
import type { SlipwayError } from '../errors.ts';
import { beginEarly, type Early } from './begin-early.ts';
import { connectError } from './connect-error.ts';
import { runningOn } from './connection.ts';
import type { HostSpec } from './hosts.ts';
import type { Identity } from './identities.ts';
import { typeOf } from './known-hosts.ts';
import { loadSsh2, loadSsh2Utils } from './load.ts';
import { ignoreOtherKeys } from './other-keys.ts';
import { presentCertificates } from './present-certificate.ts';
import { signAtOnce } from './sign-at-once.ts';
import { distrust, hostKeyAlgorithms, type Trust } from './trust.ts';

export interface Handshake {
  readonly host: HostSpec;
  /** Connected to the host's sshd. */
  readonly stream: Duplex;
  readonly identities: readonly Identity[];
  readonly trust: Trust;
  /** Types of host keys that the host has shown and that are not trusted; grows. */
  readonly shown: string[];
  /** Milliseconds between two signs of life that are asked for. */
  readonly keepalive: number;
  readonly signal: AbortSignal;
  /** A command to be begun at once, where the server allows it. */
  readonly command?: string | undefined;
}

/** What the server has said of our identities, for the error. */
export interface Offered {
  readonly identities: readonly Identity[];
  /** Methods that may go on. */
  accepts: readonly string[];
  /** One was accepted, but is not enough. */
  partial: boolean;
}

/** A client that is authenticated, and the command that was begun on the way. */
export interface Shaken {
  readonly client: Client;
  readonly early: Early | undefined;
}

/** Key exchange, the host's key, and authentication; the stream is destroyed when it fails. */
export async function handshake(of: Handshake): Promise<Shaken> {
  const { host, stream, trust, signal, shown, command } = of;
  const [ssh2, utils] = await Promise.all([loadSsh2(), loadSsh2Utils()]);
  const client = new ssh2.Client();
  const offered = { identities: [] as Identity[], accepts: [] as string[], partial: false };
  let keyRefused: SlipwayError | undefined;
  try {
    return await new Promise<Shaken>((resolve, reject) => {
      let early = (): Early | undefined => undefined;
      signal.throwIfAborted();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      client.once('ready', () => resolve({ client, early: early() }));
      // stays: an error event without listener would end the process
      client.on('error', error => reject(keyRefused ?? connectError(error, host, offered)));
      client.once('close', () =>
        reject(keyRefused ?? connectError(new Error('the server closed the connection'), host, offered)),
      );
      client.connect({
        sock: stream as never,
        username: host.user,
        readyTimeout: 0, // the signal stands in for it
        keepaliveInterval: of.keepalive,
        keepaliveCountMax: Number.MAX_SAFE_INTEGER, // watchSilence decides
        algorithms: { serverHostKey: hostKeyAlgorithms(trust, host, shown) as never },
        hostVerifier: (blob: Buffer) => {
          keyRefused = distrust(trust, host, blob);
          if (keyRefused !== undefined) shown.push(typeOf(blob));
          return keyRefused === undefined;
        },
        // what was given only, at once: no `none` before it, no agent and no password behind the user's back
        authHandler: (left, partial, next) => {
          if (left !== null) Object.assign(offered, { accepts: left, partial });
          const identity = of.identities[offered.identities.length];
          if (identity === undefined) return next(false as never);
          offered.identities.push(identity);
          next(methodOf(identity, host.user));
        },
      });
      presentCertificates(client, utils, () => offered.identities.at(-1)?.certificate);
      signAtOnce(client, of.identities[0], () => offered.identities.at(-1));
      const [identity, ...others] = of.identities;
      if (command !== undefined && identity !== undefined && identity.agent === undefined && others.length === 0)
        early = beginEarly(client, command, runningOn(host));
      ignoreOtherKeys(client);
    });
  } catch (error) {
    client.destroy();
    stream.destroy();
    throw error;
  }
}

function methodOf({ agent, key }: Identity, username: string): AnyAuthMethod {
  return agent === undefined ? { type: 'publickey', username, key: key as never } : { type: 'agent', username, agent };
}
