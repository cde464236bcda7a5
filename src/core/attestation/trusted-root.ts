import { resolve } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { messageOf, SlipwayError } from '../errors.ts';
import { readIfThere } from '../files.ts';

/**
 * Trusted roots from a file, or from its text: one JSON document (`cosign trusted-root create`), or one a line for each
 * instance (`gh attestation trusted-root` writes GitHub's beside the public one).
 *
 * @throws INPUT_INVALID
 */
export async function readTrustedRoots(given: string, directory: string): Promise<TrustedRoot[]> {
  const text = given.trimStart().startsWith('{') ? given : await readIfThere(resolve(directory, given));
  if (text === undefined) throw invalid(`is the path of no file: ${given}`);
  return documentsOf(text).map(document => {
    const root = TrustedRoot.fromJSON(document);
    if (!root.mediaType.startsWith('application/vnd.dev.sigstore.trustedroot'))
      throw invalid('is no trusted root of Sigstore');
    if (root.certificateAuthorities.length === 0) throw invalid('names no certificate authority');
    if (root.tlogs.length === 0 && root.timestampAuthorities.length === 0)
      throw invalid('names neither a transparency log nor a timestamp authority: nothing would say when it was signed');
    if ([...root.tlogs, ...root.ctlogs].some(one => one.publicKey?.validFor?.start === undefined))
      throw invalid('has the key of a log without the time from which it is valid');
    mustBeReadable(root);
    return root;
  });
}

function mustBeReadable(root: TrustedRoot): void {
  try {
    toTrustMaterial(root);
  } catch (cause) {
    throw invalid(`holds a certificate or a key that cannot be read: ${messageOf(cause)}`, cause);
  }
}

function documentsOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {}
  try {
    const lines = text.split('\n').filter(line => line.trim() !== '');
    return lines.map(line => JSON.parse(line) as unknown);
  } catch (cause) {
    throw invalid('is no JSON', cause);
  }
}

function invalid(why: string, cause?: unknown): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input "trusted-root" ${why}`, {
    hint: 'Nothing was changed. Write it anew: cosign trusted-root create …, or gh attestation trusted-root > trusted_root.jsonl.',
    cause,
  });
}
