import { type PrivateKey, readPrivateKey } from './private-key.ts';
import { readTrust } from './read-trust.ts';
import type { Trust } from './trust.ts';

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
  const trust = readTrust(inputs.knownHosts, inputs.hostFingerprints);
  return { key: await readPrivateKey(inputs.privateKey, inputs.passphrase || undefined), trust };
}
