import { createHash, type Hash } from 'node:crypto';
import { Transform } from 'node:stream';
import { SlipwayError } from '../errors.ts';

/** `sha256:` and 64 lower-case hex digits; the one algorithm that every registry has. */
export const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** The digest of bytes in memory. */
export function digestOf(bytes: string | Uint8Array): string {
  return formatDigest(createHash('sha256').update(bytes));
}

export function formatDigest(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}

/** Hex digits of a digest: the file name in an OCI layout. */
export function hexOf(digest: string): string {
  if (!digestPattern.test(digest)) {
    throw new SlipwayError('DIGEST_INVALID', `"${digest}" is not a digest`, { hint: 'Digests are sha256:HEX.' });
  }
  return digest.slice('sha256:'.length);
}

/** Throws `DIGEST_MISMATCH` when the bytes are not what the descriptor says. `from` names their source. */
export function checkBytes(bytes: Uint8Array, expected: { digest: string; size?: number }, from: string): void {
  const digest = digestOf(bytes);
  if (digest === expected.digest && (expected.size === undefined || expected.size === bytes.length)) return;
  throw mismatch(expected, { digest, size: bytes.length }, from);
}

/**
 * Passes bytes through and fails at their end unless they are what the descriptor says; longer content ends at once,
 * so that a hostile source cannot fill the disk.
 */
export function verifying(expected: { digest: string; size: number }, from: string): Transform {
  const hash = createHash('sha256');
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > expected.size) return done(mismatch(expected, { digest: 'more bytes', size }, from));
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const digest = formatDigest(hash);
      done(digest === expected.digest && size === expected.size ? null : mismatch(expected, { digest, size }, from));
    },
  });
}

function mismatch(
  expected: { digest: string; size?: number },
  seen: { digest: string; size: number },
  from: string,
): SlipwayError {
  const wanted = expected.size === undefined ? '' : ` of ${expected.size} bytes`;
  return new SlipwayError(
    'DIGEST_MISMATCH',
    `${from} gave ${seen.digest} (${seen.size} bytes) for ${expected.digest}${wanted}`,
    { hint: 'The content is damaged or was exchanged on the way; nothing of it was used. Try again.' },
  );
}
