import { createPublicKey } from 'node:crypto';
import { type Attached, attachedStatements } from '../../attestation/attached.ts';
import { judge } from '../../attestation/judge.ts';
import { listReasons } from '../../attestation/reasons.ts';
import { keylessSigner, keySigner, type TrustedSigner } from '../../attestation/signer.ts';
import { predicatesOf } from '../../attestation/statement.ts';
import { SlipwayError } from '../../errors.ts';
import { platformImages } from '../../oci/images.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { getManifest } from '../../registry/manifests.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import { registrySource } from '../../registry/source.ts';
import { formatPlatform } from '../../target.ts';
import type { ImageCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
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
    const client = await reach.registry(check.insecure);
    const seen = await look(check, reference, client, signal);
    trace.leave('firstByte');
    return seen;
  } catch (error) {
    throw signal.aborted ? signal.reason : (registryFailure(check, error) ?? accessFailure(error, signal));
  }
}

/** What the registry says of the image itself: it may come, but what is broken there does not mend itself. */
function registryFailure({ reference }: ImageCheck, error: unknown): ProbeFailure | undefined {
  if (!(error instanceof SlipwayError)) return undefined;
  if (error.code === 'REGISTRY_NOT_FOUND')
    return new ProbeFailure('image', `the registry has no ${reference}`, { cause: error });
  if (!broken.includes(error.code)) return undefined;
  const hint = error.hint === undefined ? '' : `. ${error.hint}`;
  return new ProbeFailure('image', `${error.message}${hint}`, { retriable: false, cause: error });
}

const broken = ['REGISTRY_ANSWER', 'MANIFEST_INVALID', 'DIGEST_MISMATCH', 'ANSWER_TOO_LARGE'];

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
  if (check.attestations.length === 0) return `${check.reference} is ${descriptor.digest}`;
  const by = await attested(check, client, { repository, digest: descriptor.digest }, signal);
  return `${check.reference} is ${descriptor.digest}, ${check.attestations.join(', ')} ${by}`;
}

/** Every wanted statement must be there, about this very image, and signed as is asked for. Returns by whom. */
async function attested(
  check: ImageCheck,
  client: RegistryClient,
  { repository, digest }: { repository: Reference['repository']; digest: string },
  signal: AbortSignal,
): Promise<string> {
  const signer = await signerOf(check);
  const { statements, unread } = await attachedStatements(client, repository, digest, signal);
  for (const type of check.attestations) {
    const types = predicatesOf(type)!;
    const refused: string[] = [];
    const counts = async ({ about, bytes }: Attached): Promise<boolean> => {
      const judged = !about
        ? { why: 'it is about another image' }
        : signer === undefined
          ? { attestedBy: 'nobody' }
          : await judge(bytes, digest, { signer, types, type });
      if ('why' in judged) refused.push(judged.why);
      return 'attestedBy' in judged;
    };
    const those = statements.filter(one => types.includes(one.predicateType));
    let good = false;
    for (const one of those) good ||= await counts(one);
    if (good) continue;
    const why = those.length === 0 ? 'is not attached' : `is attached, but ${listReasons(refused)}`;
    throw new ProbeFailure('attestation', listReasons([`${type} of ${digest} ${why}`, ...unread]));
  }
  return signer === undefined ? 'attached' : `signed by ${signer.name}`;
}

const signers = new WeakMap<ImageCheck, Promise<TrustedSigner | undefined>>();

/** Who must have signed; a trusted root is read or fetched once, and again where that failed. */
function signerOf(check: ImageCheck): Promise<TrustedSigner | undefined> {
  const known = signers.get(check) ?? trust(check);
  signers.set(check, known);
  known.catch(() => signers.delete(check));
  return known;
}

async function trust({ signedBy, identity }: ImageCheck): Promise<TrustedSigner | undefined> {
  if (identity !== undefined) return keylessSigner(identity, process.cwd());
  if (signedBy === undefined) return undefined;
  try {
    return keySigner(createPublicKey(signedBy));
  } catch (cause) {
    throw new ProbeFailure('attestation', '"signed-by" holds no public key in PEM', { retriable: false, cause });
  }
}
