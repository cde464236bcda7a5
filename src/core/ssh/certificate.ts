import { SlipwayError } from '../errors.ts';
import { fingerprint } from './fingerprints.ts';
import { field, WireReader } from './wire.ts';

/** A user certificate: a public key that an authority vouches for (OpenSSH's PROTOCOL.certkeys). */
export interface Certificate {
  /** Wire form. */
  readonly blob: Buffer;
  /** Of the key that it is about, e.g. `ssh-ed25519`. */
  readonly keyType: string;
  /** Wire form of the key that it is about. */
  readonly publicKey: Buffer;
  /** `certificate "ID" for deploy, valid until 2026-11-28T02:00:00Z`: what errors and logs show. */
  readonly name: string;
}

export const certificateSuffix = '-cert-v01@openssh.com';

/** How many fields the public key of a type has. */
const keyFields: Record<string, number> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
};

/** Reads the input of this name: `id_ed25519-cert.pub`, or several, one a line. */
export function parseCertificates(text: string): Certificate[] {
  const lines = text.split(/\r?\n|\\n/).map(line => line.trim().replaceAll(/^["']|["']$/g, ''));
  return lines
    .filter(line => line !== '' && !line.startsWith('#'))
    .map((line, index) => {
      const [type = '', base64 = ''] = line.split(/\s+/);
      const where = `input "certificate", line ${index + 1}`;
      if (!type.endsWith(certificateSuffix)) throw invalid(`${where}: it is not an OpenSSH certificate`);
      try {
        return readCertificate(Buffer.from(base64, 'base64'));
      } catch (error) {
        if (error instanceof SlipwayError) throw invalid(`${where}: ${error.message}`);
        throw invalid(`${where}: ${error instanceof RangeError ? 'it is cut' : String(error)}`);
      }
    });
}

/** @throws RangeError when it is cut, CERTIFICATE_INVALID when it is of no use */
export function readCertificate(blob: Buffer): Certificate {
  const reader = new WireReader(blob);
  const type = reader.text();
  const keyType = type.replace(certificateSuffix, '');
  const count = keyFields[keyType];
  if (count === undefined || keyType === type) throw invalid(`certificates of the type ${type} are not supported`);
  reader.string(); // nonce
  const fields = Array.from({ length: count }, () => field(reader.string()));
  const publicKey = Buffer.concat([field(keyType), ...fields]);
  reader.uint64(); // serial number
  if (reader.uint32() !== 1) throw invalid('it is a host’s certificate, not a user’s');
  const id = reader.text();
  const principals = namesIn(reader.string());
  const [after, before] = [reader.uint64(), reader.uint64()];
  for (let rest = 0; rest < 5; rest++) reader.string(); // options, extensions, reserved, authority, signature
  const people = principals.length === 0 ? 'anybody' : principals.join(', ');
  return {
    blob,
    keyType,
    publicKey,
    name: `certificate ${JSON.stringify(id)} for ${people}${validity(after, before)}`,
  };
}

/** A certificate that is about none of these keys would silently not be used. */
export function checkUse(certificates: readonly Certificate[], keys: readonly Buffer[]): void {
  const stray = certificates.find(one => !keys.some(key => key.equals(one.publicKey)));
  if (stray === undefined) return;
  throw new SlipwayError(
    'CERTIFICATE_INVALID',
    `the ${stray.name} is about the key ${fingerprint(stray.publicKey)}, which is none of those given`,
    {
      hint: 'Nothing was changed. Give the private key that was certified, or have this one certified: ssh-keygen -s.',
    },
  );
}

function namesIn(list: Buffer): string[] {
  const reader = new WireReader(list);
  const names: string[] = [];
  while (reader.left > 0) names.push(reader.text());
  return names;
}

function validity(after: bigint, before: bigint): string {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const at = (seconds: bigint) => new Date(Number(seconds) * 1000).toISOString().replace('.000', '');
  if (after > now) return `, valid only from ${at(after)} on`;
  if (before <= now) return `, expired at ${at(before)}`;
  return before > 253_402_300_799n ? '' : `, valid until ${at(before)}`;
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('CERTIFICATE_INVALID', message, {
    hint: 'Nothing was changed. Give the text of the file that `ssh-keygen -s CA -I ID -n USER KEY.pub` wrote: KEY-cert.pub.',
  });
}
