import type { Client, ParsedKey } from 'ssh2';
import type { Identity } from './identities.ts';
import { protocolOf } from './ssh2-parts.ts';

/** How a signature by this algorithm is made of the data; the others say it by the key's type. */
const hashes: Record<string, string> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

/**
 * Lets a client of ssh2 authenticate in one round trip instead of three: the request goes together with that for the
 * service (RFC 4252, section 5), and carries the signature without asking first whether the key would do (section 7 leaves
 * that to the client). Both only after the host's key was checked. An ssh-agent is asked only for what will do, as it may
 * ask its owner.
 *
 * @param first the identity that is tried first, `current` that which is tried now
 */
export function signAtOnce(client: Client, first: Identity | undefined, current: () => Identity | undefined): void {
  const protocol = protocolOf(client);
  const plain = protocol.authPK.bind(protocol);
  protocol.authPK = (user, key, algorithm, sign) => {
    if (sign !== undefined || typeof algorithm === 'function' || current()?.agent !== undefined)
      return plain(user, key, algorithm, sign);
    plain(user, key, algorithm, (data, done) => {
      const signature = (key as ParsedKey).sign(data, hashes[algorithm ?? '']) as Buffer | Error;
      if (signature instanceof Error)
        client.emit('error', Object.assign(signature, { level: 'client-authentication' }));
      else done(signature);
    });
  };
  // how an RSA key signs the server says only after the key exchange
  if (first?.key.type === 'ssh-rsa') return;
  // before ssh2 has asked for the service; what it reads together with the end of the key exchange comes first
  client.once('handshake', () =>
    setImmediate(() => {
      const handlers = protocol._handlers;
      const accepted = handlers.SERVICE_ACCEPT;
      handlers.SERVICE_ACCEPT = () => {};
      try {
        accepted(protocol, 'ssh-userauth');
      } catch (error) {
        client.emit('error', error as Error);
      }
    }),
  );
}
