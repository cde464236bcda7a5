import type { BaseAgent, ParsedKey } from 'ssh2';
import { SlipwayError } from '../errors.ts';
import { type Certificate, certificateSuffix, checkUse, readCertificate } from './certificate.ts';
import { fingerprint } from './fingerprints.ts';
import { loadSsh2 } from './load.ts';
import { readPrivateKey } from './private-key.ts';
import { agentFor, agentKeys } from './ssh-agent.ts';
import { WireReader } from './wire.ts';

/** One proof of who we are that can be offered to a host. */
export interface Identity {
  /** `ssh-ed25519 SHA256:…`, with its certificate or the agent's comment: what errors and logs show. */
  readonly name: string;
  /** ssh2's own form; a private key, decrypted, unless `agent` signs. Secret. */
  readonly key: ParsedKey;
  readonly certificate?: Certificate;
  readonly agent?: BaseAgent;
}

/** Where identities come from; at least one of the two. */
export interface IdentitySources {
  /** Text of a key, and the input that it was given by. */
  readonly privateKey?: { readonly text: string; readonly passphrase: string | undefined; readonly input: string };
  /** Socket of an ssh-agent. */
  readonly agent?: string | undefined;
  readonly certificates: readonly Certificate[];
}

/** What is offered, in this order: the key's certificates, the key, the agent's certificates, the agent's keys. */
export async function identitiesOf(sources: IdentitySources): Promise<Identity[]> {
  const { privateKey, agent, certificates } = sources;
  const own = privateKey === undefined ? [] : await ownIdentities(privateKey, certificates);
  return [...own, ...(agent === undefined ? [] : await agentIdentities(agent, certificates))];
}

/** A certificate that is about none of these keys would silently not be used. */
export function checkCertificates(certificates: readonly Certificate[], identities: readonly Identity[]): void {
  checkUse(
    certificates,
    identities.map(one => one.key.getPublicSSH()),
  );
}

async function ownIdentities(
  { text, passphrase, input }: NonNullable<IdentitySources['privateKey']>,
  certificates: readonly Certificate[],
): Promise<Identity[]> {
  const { key, name } = await readPrivateKey(text, passphrase, input);
  return [...certified(name, key, certificates), { name, key }];
}

async function agentIdentities(socket: string, certificates: readonly Certificate[]): Promise<Identity[]> {
  const { utils } = await loadSsh2();
  const held = await agentKeys(socket);
  const [withCertificate, plain]: [Identity[], Identity[]] = [[], []];
  for (const one of held) {
    const certificate = isCertificate(one.blob) ? tryRead(one.blob) : undefined;
    const key = utils.parseKey(certificate?.publicKey ?? one.blob) as ParsedKey | Error;
    if (key instanceof Error) continue; // of a kind that ssh2 does not know, such as sk-ssh-ed25519
    const name = `${key.type} ${fingerprint(key.getPublicSSH())} (${one.comment}, of the ssh-agent)`;
    const agent = await agentFor(socket, one, key);
    if (certificate === undefined) plain.push({ name, key, agent });
    const fitting = certificate === undefined ? certificates : [certificate];
    withCertificate.push(...certified(name, key, fitting).map(identity => ({ ...identity, agent })));
  }
  if (withCertificate.length + plain.length > 0) return [...withCertificate, ...plain];
  const kinds = held.map(one => typeName(one.blob)).join(', ');
  throw new SlipwayError(
    'SSH_AGENT_FAILED',
    held.length === 0
      ? 'the ssh-agent holds no key'
      : `the ssh-agent holds no key of a kind that is supported: ${kinds}`,
    { hint: 'Load an ed25519, ECDSA or RSA key into it (ssh-add), or give the input "private-key".' },
  );
}

function certified(name: string, key: ParsedKey, certificates: readonly Certificate[]): Identity[] {
  const fitting = certificates.filter(one => one.publicKey.equals(key.getPublicSSH()));
  return fitting.map(certificate => ({ name: `${name} with the ${certificate.name}`, key, certificate }));
}

/** One that is expired, or a host's, is no reason to fail: the agent may hold others. */
function tryRead(blob: Buffer): Certificate | undefined {
  try {
    return readCertificate(blob);
  } catch {
    return undefined;
  }
}

const typeName = (blob: Buffer) => new WireReader(blob).text();
const isCertificate = (blob: Buffer) => typeName(blob).endsWith(certificateSuffix);
