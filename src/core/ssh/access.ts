import { parseCertificates } from './certificate.ts';
import type { HostSpec } from './hosts.ts';
import { checkCertificates, type Identity, identitiesOf } from './identities.ts';
import { missingIdentity } from './missing-identity.ts';
import { readTrust } from './read-trust.ts';
import { agentSocket } from './ssh-agent.ts';
import type { Trust } from './trust.ts';

/** What opens hosts and tells them apart; read once for all hosts. */
export interface Access {
  /** What is offered to hosts, in this order. */
  readonly identities: readonly Identity[];
  /** What is offered to jump hosts. */
  readonly jumpIdentities: readonly Identity[];
  readonly trust: Trust;
  /** The way to hosts that name none of their own, the first hop first; empty when they are reached directly. */
  readonly jumpHosts: readonly HostSpec[];
}

/** The values of the inputs of the same names (inputs.ts). */
export interface AccessInputs {
  readonly 'private-key'?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly certificate?: string | undefined;
  readonly 'ssh-agent': boolean;
  readonly 'known-hosts'?: string | undefined;
  readonly 'host-fingerprints'?: string | undefined;
  readonly 'jump-hosts': readonly HostSpec[];
  readonly 'jump-private-key'?: string | undefined;
  readonly 'jump-passphrase'?: string | undefined;
}

/**
 * Checks keys and trust before anything is connected. Only what the inputs name is used: an agent that happens to run,
 * or a key in the home directory, opens nothing.
 *
 * @param hosts those that will be connected; without them every host needs known-hosts or host-fingerprints
 */
export async function readAccess(
  inputs: AccessInputs,
  hosts: readonly HostSpec[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Access> {
  const missing = missingIdentity(inputs);
  if (missing !== undefined) throw missing;
  const { 'known-hosts': knownHosts, 'host-fingerprints': hostFingerprints, 'jump-hosts': jumpHosts } = inputs;
  const trust = readTrust({ knownHosts, hostFingerprints }, hosts, jumpHosts);
  const certificates = parseCertificates(inputs.certificate ?? '');
  const agent = inputs['ssh-agent'] ? agentSocket(env) : undefined;
  const own = await identitiesOf({ ...keyFrom(inputs, 'private-key', 'passphrase'), agent, certificates });
  const jump =
    inputs['jump-private-key'] === undefined
      ? own
      : await identitiesOf({ ...keyFrom(inputs, 'jump-private-key', 'jump-passphrase'), certificates });
  checkCertificates(certificates, [...own, ...jump]);
  return { identities: own, jumpIdentities: jump, trust, jumpHosts };
}

function keyFrom(
  inputs: AccessInputs,
  input: 'private-key' | 'jump-private-key',
  passphrase: 'passphrase' | 'jump-passphrase',
) {
  const text = inputs[input];
  return text === undefined ? {} : { privateKey: { text, passphrase: inputs[passphrase] || undefined, input } };
}
