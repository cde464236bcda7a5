import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { readBundle } from '../core/attestation/bundle.ts';
import { isSignedBy } from '../core/attestation/key.ts';
import { statementType } from '../core/attestation/statement.ts';
import { SlipwayError } from '../core/errors.ts';
import { readIfThere, sha256 } from '../core/files.ts';
import type { Artifact } from './artifacts.ts';

/** How bundles are called, as `cosign attest-blob --bundle` and `sign-blob --bundle` are told to write them. */
const suffix = '.sigstore.json';

/** What of a bundle of `cosign sign-blob` is needed (protobuf-specs, sigstore_bundle.proto). */
const MessageBundle = v.looseObject({ messageSignature: v.looseObject({ signature: v.string() }) });
const Statement = v.looseObject({
  predicateType: v.string(),
  subject: v.array(v.looseObject({ digest: v.looseObject({ sha256: v.optional(v.string()) }) })),
});

/**
 * The public key in PEM, or in the file of that path.
 *
 * @throws INPUT_INVALID
 */
export async function readPublicKey(given: string, directory: string): Promise<KeyObject> {
  const text = given.includes('-----BEGIN') ? given : await readIfThere(resolve(directory, given));
  try {
    const key = createPublicKey(text ?? '');
    if (key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {}
  throw new SlipwayError(
    'INPUT_INVALID',
    `input "require-attestation" is ${text === undefined ? `the path of no file: ${given}` : 'no public key that can be used'}`,
    { hint: 'Nothing was changed. Give cosign.pub or its path: ECDSA on P-256, or Ed25519, in PEM.' },
  );
}

/**
 * Every binary must have a bundle beside it that the key has signed: a statement on its sha256, or a signature of its
 * bytes. Each comes back with what attests it.
 *
 * @throws ATTESTATION_MISSING
 */
export async function mustBeAttested(artifacts: readonly Artifact[], key: KeyObject): Promise<Artifact[]> {
  return Promise.all(
    artifacts.map(async artifact => {
      const folder = dirname(artifact.path);
      const bundles = (await readdir(folder)).filter(name => name.endsWith(suffix)).sort();
      const refused: string[] = [];
      for (const name of bundles) {
        const found = await attestation(artifact, join(folder, name), key);
        if (found.attestedBy !== undefined) return { ...artifact, attestedBy: found.attestedBy };
        if (found.about || name === `${basename(artifact.path)}${suffix}`) refused.push(`${name}: ${found.why}`);
      }
      const seen = refused.length > 0 ? refused.join('; ') : `there is no bundle on it in ${folder} (NAME${suffix})`;
      throw new SlipwayError('ATTESTATION_MISSING', `${artifact.path} is not attested by the key: ${seen}`, {
        hint: `Nothing was changed. Attest it after the build: cosign attest-blob --key … --bundle ${basename(artifact.path)}${suffix} …`,
      });
    }),
  );
}

interface Looked {
  /** Predicate type and key, when it holds. */
  readonly attestedBy?: string;
  /** It names this binary. */
  readonly about?: boolean;
  readonly why?: string;
}

async function attestation(artifact: Artifact, path: string, key: KeyObject): Promise<Looked> {
  const hint = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  try {
    const bytes = await readFile(path);
    const message = v.safeParse(MessageBundle, JSON.parse(bytes.toString('utf8')));
    if (message.success) {
      const signature = Buffer.from(message.output.messageSignature.signature, 'base64');
      return (await isSigned(artifact, signature, key))
        ? { attestedBy: `signature by key ${hint}` }
        : { why: 'it is not this key’s signature of the binary' };
    }
    const { payload, payloadType, signature } = readBundle(bytes, path);
    const { subject, predicateType } = v.parse(Statement, JSON.parse(payload.toString('utf8')));
    if (!subject.some(one => one.digest.sha256 === artifact.sha256)) return { why: 'it is on other binaries' };
    if (payloadType !== statementType || !isSignedBy(key, payload, signature))
      return { about: true, why: 'another key signed it' };
    return { attestedBy: `${predicateType} by key ${hint}` };
  } catch (error) {
    return { why: error instanceof SlipwayError ? error.message : 'it is no Sigstore bundle' };
  }
}

/** A signature of the bytes themselves: they must be the ones that are released. */
async function isSigned(artifact: Artifact, signature: Buffer, key: KeyObject): Promise<boolean> {
  const bytes = await readFile(artifact.path);
  if (sha256(bytes) !== artifact.sha256) return false;
  return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', bytes, key, signature);
}
