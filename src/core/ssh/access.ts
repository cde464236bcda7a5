import { SlipwayError } from '../errors.ts';
import { parseKnownHosts } from './known-hosts.ts';
import { type PrivateKey, readPrivateKey } from './private-key.ts';
import { parseFingerprints, type Trust } from './trust.ts';

/** What opens hosts and tells them apart; read once for all hosts. */
export interface Access {
  readonly key: PrivateKey;
  readonly trust: Trust;
}

/** The texts of the inputs of the same names. */
export interface AccessInputs {
  readonly privateKey: string;
  readonly passphrase?: string | undefined;
  readonly knownHosts?: string | undefined;
  readonly hostFingerprints?: string | undefined;
}

/** Checks key and trust before anything is connected. One of known-hosts and host-fingerprints is required: no key is accepted unseen. */
export async function readAccess(inputs: AccessInputs): Promise<Access> {
  const knownHosts = inputs.knownHosts?.trim() ?? '';
  const fingerprints = inputs.hostFingerprints?.trim() ?? '';
  if (knownHosts === '' && fingerprints === '') {
    throw new SlipwayError('HOST_KEY_REQUIRED', 'neither input "known-hosts" nor "host-fingerprints" is given', {
      hint: 'Give the lines of `ssh-keyscan HOST` as known-hosts, or `ssh-keygen -lf` of the host’s key as host-fingerprints.',
    });
  }
  const trust: Trust = {
    ...(knownHosts === '' ? {} : { knownHosts: parseKnownHosts(knownHosts) }),
    ...(fingerprints === '' ? {} : { fingerprints: parseFingerprints(fingerprints) }),
  };
  return { key: await readPrivateKey(inputs.privateKey, inputs.passphrase || undefined), trust };
}
