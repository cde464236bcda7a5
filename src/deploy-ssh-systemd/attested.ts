import { type KeyObject, verify } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { readBundle } from '../core/attestation/bundle.ts';
import { isSignedBy } from '../core/attestation/key.ts';
import { keyHint } from '../core/attestation/public-key.ts';
import { statementType } from '../core/attestation/statement.ts';
import { SlipwayError } from '../core/errors.ts';
import { sha256 } from '../core/files.ts';
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
  const hint = keyHint(key);
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
