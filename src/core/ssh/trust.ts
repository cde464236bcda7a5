import { SlipwayError } from '../errors.ts';
import { fingerprint, type Pin } from './fingerprints.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import { type KnownHost, linesFor, typeOf } from './known-hosts.ts';

/** What the user gave to tell the right host from another one. One of the two; there is no "accept any". */
export interface Trust {
  readonly knownHosts?: readonly KnownHost[];
  readonly pins?: readonly Pin[];
}

/** Key types in the order of our preference, and the signature algorithms that go with each. SHA-1 is left out. */
const algorithmsOf: Record<string, readonly string[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
export const keyTypes: readonly string[] = Object.keys(algorithmsOf);

/** The pins that count for a host. */
export function pinsFor(trust: Trust, host: HostSpec): readonly Pin[] {
  return host.fingerprints ?? trust.pins ?? [];
}

/** The lines that count for a host: all, or with pins of its own only what is revoked. */
function knownFor(trust: Trust, host: HostSpec): KnownHost[] {
  const lines = linesFor(trust.knownHosts ?? [], host.host, host.port);
  return host.fingerprints === undefined ? lines : lines.filter(line => line.marker === '@revoked');
}

/**
 * The signature algorithms to offer: first those of the keys that are known for the host, so that the server proves itself
 * with one of these (a pin of another type than the negotiated one is the usual false alarm). `without`: types that this
 * host has already shown to be unknown.
 */
export function hostKeyAlgorithms(trust: Trust, host: HostSpec, without: readonly string[] = []): string[] {
  const plain = knownFor(trust, host).filter(line => line.marker === undefined);
  const kinds = pinsFor(trust, host).flatMap(pin => pin.kind ?? []);
  const isKnown = (type: string) =>
    plain.some(line => line.type === type) || kinds.some(kind => new RegExp(`^(ssh-)?${kind}`).test(type));
  const types = [...keyTypes.filter(isKnown), ...keyTypes.filter(type => !isKnown(type))];
  return types.filter(type => !without.includes(type)).flatMap(type => algorithmsOf[type]!);
}

/** Undefined when the offered key is trusted, else the error that says why not, with the offered fingerprint. */
export function distrust(trust: Trust, host: HostSpec, blob: Buffer): SlipwayError | undefined {
  const offered = `${typeOf(blob)} ${fingerprint(blob)}`;
  const place = formatHost(host).replace(/^.*@/, '');
  const lines = knownFor(trust, host);
  if (lines.some(line => line.marker === '@revoked' && line.blob.equals(blob))) {
    return new SlipwayError(
      'HOST_KEY_REVOKED',
      `${place} offered the key ${offered}, which known-hosts marks @revoked`,
      { hint: 'Do not connect: somebody may hold this key. Find out what answers at this address.' },
    );
  }
  const plain = lines.filter(line => line.marker === undefined);
  const pins = pinsFor(trust, host).map(pin => pin.fingerprint);
  if (plain.some(line => line.blob.equals(blob)) || pins.includes(fingerprint(blob))) return undefined;
  const expected = [...new Set([...plain.map(line => `${line.type} ${fingerprint(line.blob)}`), ...pins])];
  if (expected.length > 0) {
    return new SlipwayError(
      'HOST_KEY_MISMATCH',
      `${place} offered the host key ${offered}, expected ${expected.join(' or ')}`,
      { hint: compare },
    );
  }
  const authority = lines.some(line => line.marker === '@cert-authority')
    ? ' of its own (only an @cert-authority line, and host certificates are not supported: the host’s own key must be there)'
    : '';
  return new SlipwayError(
    'HOST_KEY_UNKNOWN',
    `known-hosts has no key for ${place}${authority}; it offered ${offered}`,
    {
      hint: compare,
    },
  );
}

const compare =
  'Nothing was changed. Compare with `ssh-keygen -lf` of the keys in /etc/ssh on the host itself; only if they agree, give the new key.';
