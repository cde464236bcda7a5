import type { Client } from 'ssh2';
import { type Certificate, certificateSuffix } from './certificate.ts';
import type { loadSsh2Utils } from './load.ts';
import { protocolOf } from './ssh2-parts.ts';
import { field } from './wire.ts';

const userauthRequest = 50;

/**
 * Lets a client of ssh2, which knows no certificates, authenticate by one: while `current` gives one, the requests for
 * public keys carry it instead of the key, signed by the key as ever (RFC 4252, section 7; PROTOCOL.certkeys).
 */
export function presentCertificates(
  client: Client,
  utils: Awaited<ReturnType<typeof loadSsh2Utils>>,
  current: () => Certificate | undefined,
): void {
  const protocol = protocolOf(client);
  const plain = protocol.authPK.bind(protocol);
  const send = (payload: Buffer) => {
    const { write } = protocol._packetRW;
    const packet = write.alloc(payload.length);
    packet.set(payload, write.allocStart);
    protocol._authsQueue.push('publickey');
    utils.sendPacket(protocol, write.finalize(packet));
  };
  protocol.authPK = (user, key, algorithm, sign) => {
    const certificate = current();
    if (certificate === undefined) return plain(user, key, algorithm, sign);
    const signWith = typeof algorithm === 'function' ? algorithm : sign;
    // RSA keys sign by another algorithm than they are called
    const signed = typeof algorithm === 'string' ? algorithm : certificate.keyType;
    const request = Buffer.concat([
      Buffer.from([userauthRequest]),
      field(user),
      field('ssh-connection'),
      field('publickey'),
      Buffer.from([signWith === undefined ? 0 : 1]),
      field(signed + certificateSuffix),
      field(certificate.blob),
    ]);
    if (signWith === undefined) return send(request);
    signWith(Buffer.concat([field(protocol._kex.sessionID), request]), raw => {
      const signature = utils.convertSignature(raw, certificate.keyType);
      if (signature === false) throw new Error('the signature has an unknown form');
      send(Buffer.concat([request, field(Buffer.concat([field(signed), field(signature)]))]));
    });
  };
}
