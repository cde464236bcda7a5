import { createPublicKey, type KeyObject } from 'node:crypto';
import { readBundle } from '../../attestation/bundle.ts';
import { isSignedBy } from '../../attestation/key.ts';
import { predicateTypes, type Statement } from '../../attestation/statement.ts';
import type { Descriptor, Index, Manifest } from '../../oci/descriptor.ts';
import { platformImages } from '../../oci/images.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { getManifest } from '../../registry/manifests.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import { listReferrers } from '../../registry/referrers.ts';
import { registrySource } from '../../registry/source.ts';
import { formatPlatform } from '../../target.ts';
import type { ImageCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
import { raced } from '../raced.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { accessFailure } from './on-host.ts';

/** What a registry has under a reference: which image it is, for which platforms, and what is attested of it. */
export async function image(check: ImageCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const { reach, signal } = options;
  if (reach === undefined) throw new ProbeFailure('no-access', 'this gate asks no registry', { retriable: false });
  trace.enter('firstByte');
  try {
    const reference = parseReference(check.reference);
    const looking = reach.registry(check.insecure).then(client => look(check, reference, client, signal));
    const seen = await raced(looking, signal);
    trace.leave('firstByte');
    return seen;
  } catch (error) {
    if ((error as { code?: string }).code === 'REGISTRY_NOT_FOUND') {
      throw new ProbeFailure('image', `the registry has no ${check.reference}`, { cause: error });
    }
    throw accessFailure(error, signal);
  }
}

async function look(
  check: ImageCheck,
  { repository, tag, digest }: Reference,
  client: RegistryClient,
  signal: AbortSignal,
) {
  // By its tag, also where a digest is written beside it: the tag is what others pull.
  const { descriptor } = await getManifest(client, repository, tag ?? digest ?? 'latest', signal);
  const wanted = check.digest ?? digest;
  if (wanted !== undefined && descriptor.digest !== wanted) {
    throw new ProbeFailure('image', `${check.reference} is ${descriptor.digest} instead of ${wanted}`);
  }
  const source = registrySource(client, repository);
  if (check.platforms.length > 0) {
    const found = (await platformImages(source, descriptor.digest, signal)).map(one => formatPlatform(one.platform));
    const lacking = check.platforms.filter(one => !found.includes(one));
    if (lacking.length > 0) {
      throw new ProbeFailure('image', `${check.reference} has ${found.join(', ')}; missing: ${lacking.join(', ')}`);
    }
  }
  const key = check.signedBy === undefined ? undefined : publicKeyOf(check.signedBy);
  if (check.attestations.length > 0)
    await attested(check.attestations, key, client, { repository, digest: descriptor.digest }, signal);
  const also =
    check.attestations.length === 0
      ? ''
      : `, ${check.attestations.join(', ')} ${key === undefined ? 'attached' : 'signed by the key'}`;
  return `${check.reference} is ${descriptor.digest}${also}`;
}

function publicKeyOf(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new ProbeFailure('attestation', '"signed-by" holds no public key in PEM', { retriable: false, cause });
  }
}

const words: Record<string, readonly string[]> = {
  provenance: [predicateTypes.provenance],
  sbom: [predicateTypes.cyclonedx, predicateTypes.spdx],
  signature: [predicateTypes.signature],
  cyclonedx: [predicateTypes.cyclonedx],
  spdx: [predicateTypes.spdx],
};

/** Every wanted statement must be there, about this very image, and signed by the key where there is one. */
async function attested(
  wanted: readonly string[],
  key: KeyObject | undefined,
  client: RegistryClient,
  { repository, digest }: { repository: Reference['repository']; digest: string },
  signal: AbortSignal,
): Promise<void> {
  const source = registrySource(client, repository);
  const { descriptors } = await listReferrers(client, repository, digest, signal);
  const statements = await Promise.all(descriptors.map(one => statementOf(source, one, digest, key, signal)));
  for (const word of wanted) {
    const types = words[word] ?? [word];
    const found = statements.filter(one => one !== undefined && types.includes(one.type));
    if (found.some(one => one!.good)) continue;
    const why = found.length === 0 ? 'is not attached' : `is attached, but ${found.map(one => one!.why).join('; ')}`;
    throw new ProbeFailure('attestation', `${word} of ${digest} ${why}`);
  }
}

async function statementOf(
  source: ReturnType<typeof registrySource>,
  descriptor: Descriptor,
  digest: string,
  key: KeyObject | undefined,
  signal: AbortSignal,
): Promise<{ type: string; good: boolean; why: string } | undefined> {
  const { bytes } = await source.manifest(descriptor.digest, signal);
  const { layers = [] } = JSON.parse(bytes.toString('utf8')) as Partial<Manifest & Index>;
  const [layer] = layers;
  if (layer === undefined) return undefined;
  const content = await source.read(layer, signal);
  const { payload, signature } = readStatement(content);
  if (payload === undefined) return undefined;
  const { predicateType: type, subject = [] } = JSON.parse(payload.toString('utf8')) as Partial<Statement>;
  if (type === undefined) return undefined;
  const about = subject.some(one => `sha256:${one.digest.sha256}` === digest);
  const signed = key === undefined || (signature !== undefined && isSignedBy(key, payload, signature));
  return { type, good: about && signed, why: about ? 'its signature is not by the key' : 'it is about another image' };
}

/** A Sigstore bundle, or a bare in-toto statement, which nobody signed. */
function readStatement(content: Buffer): { payload?: Buffer; signature?: Buffer } {
  try {
    const { payload, signature } = readBundle(content, 'an attestation');
    return { payload, signature };
  } catch {
    return content.includes('"predicateType"') ? { payload: content } : {};
  }
}
