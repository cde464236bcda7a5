import { createHash } from 'node:crypto';
import { SlipwayError } from '../errors.ts';
import type { HostSpec } from './hosts.ts';
import { type KnownHost, linesFor, typeOf } from './known-hosts.ts';

/** What the user gave to tell the right host from another one. One of the two; there is no "accept any". */
export interface Trust {
  readonly knownHosts?: readonly KnownHost[];
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  readonly fingerprints?: readonly string[];
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

/** `SHA256:…` of a key's wire form, as OpenSSH writes it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Reads pins, one a line; a whole line of `ssh-keygen -l` will do. */
export function parseFingerprints(text: string): string[] {
  const lines = text.split('\n').map(line => line.trim());
  return lines
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const found = /(?:^|\s)(SHA256:[A-Za-z0-9+/]{43})=?(?:\s|$)/.exec(line)?.[1];
      if (found === undefined) {
        throw new SlipwayError(
          'FINGERPRINT_INVALID',
          `input "host-fingerprints": "${line}" is not a SHA256 fingerprint`,
          {
            hint: 'Run `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host and give its SHA256:… part.',
          },
        );
      }
      return found;
    });
}

/**
 * The signature algorithms to offer: first those of the keys that are known for the host, so that the server proves itself
 * with one of these (a pin of another type than the negotiated one is the usual false alarm). `without`: types that this
 * host has already shown to be unknown.
 */
export function hostKeyAlgorithms(trust: Trust, host: HostSpec, without: readonly string[] = []): string[] {
  const known = linesFor(trust.knownHosts ?? [], host.host, host.port)
    .filter(line => !line.revoked)
    .map(line => line.type);
  const types = [...keyTypes.filter(type => known.includes(type)), ...keyTypes.filter(type => !known.includes(type))];
  return types.filter(type => !without.includes(type)).flatMap(type => algorithmsOf[type]!);
}

/** Undefined when the offered key is trusted, else the error that says why not, with the offered fingerprint. */
export function distrust(trust: Trust, host: HostSpec, blob: Buffer): SlipwayError | undefined {
  const offered = `${typeOf(blob)} ${fingerprint(blob)}`;
  const place = `${host.host}:${host.port}`;
  const lines = linesFor(trust.knownHosts ?? [], host.host, host.port);
  if (lines.some(line => line.revoked && line.blob.equals(blob))) {
    return new SlipwayError(
      'HOST_KEY_REVOKED',
      `${place} offered the key ${offered}, which known-hosts marks @revoked`,
      {
        hint: 'Do not connect: somebody may hold this key. Find out what answers at this address.',
      },
    );
  }
  if (lines.some(line => !line.revoked && line.blob.equals(blob))) return undefined;
  if (trust.fingerprints?.includes(fingerprint(blob))) return undefined;
  const hint =
    'Nothing was changed. Compare with `ssh-keygen -lf` of the keys in /etc/ssh on the host itself; only if they agree, give the new key.';
  if (lines.length === 0 && (trust.fingerprints?.length ?? 0) === 0) {
    return new SlipwayError('HOST_KEY_UNKNOWN', `known-hosts has no key for ${place}; it offered ${offered}`, { hint });
  }
  const expected = [
    ...new Set([...lines.map(line => `${line.type} ${fingerprint(line.blob)}`), ...(trust.fingerprints ?? [])]),
  ];
  return new SlipwayError(
    'HOST_KEY_MISMATCH',
    `${place} offered the host key ${offered}, expected ${expected.join(' or ')}`,
    {
      hint,
    },
  );
}
