import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SlipwayError } from '../../core/errors.ts';

/** Who may sign, as GOSUMDB names it: `NAME+HASH+KEY` (golang.org/x/mod/sumdb/note). */
export interface Verifier {
  readonly name: string;
  /** First four bytes of sha256(name, line end, key), big-endian hex. */
  readonly keyHash: string;
  readonly key: KeyObject;
}

const algorithmEd25519 = 1;
/** DER of a SubjectPublicKeyInfo for Ed25519, up to the 32 bytes of the key (RFC 8410). */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export function parseVerifier(text: string): Verifier {
  const [name = '', hash = '', ...rest] = text.split('+');
  const encoded = Buffer.from(rest.join('+'), 'base64');
  const right = createHash('sha256').update(`${name}\n`).update(encoded).digest('hex').slice(0, 8);
  if (name === '' || encoded.length !== 33 || encoded[0] !== algorithmEd25519 || right !== hash.padStart(8, '0')) {
    throw new SlipwayError('GOSUMDB_INVALID', `GOSUMDB names no valid key: "${text}"`, {
      hint: 'Write NAME+HASH+KEY as the database publishes it, or leave GOSUMDB unset for sum.golang.org.',
    });
  }
  const key = createPublicKey({ key: Buffer.concat([derPrefix, encoded.subarray(1)]), format: 'der', type: 'spki' });
  return { name, keyHash: right, key };
}

/**
 * The text of a signed note, when the verifier's own signature is on it and right.
 *
 * @throws SlipwayError CHECKSUM_DATABASE_UNTRUSTED
 */
export function openNote(note: string, verifier: Verifier, from: string): string {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  for (const line of end < 0 ? [] : note.slice(end + 2).split('\n')) {
    const match = /^— (\S+) (\S+)$/.exec(line);
    const signature = Buffer.from(match?.[2] ?? '', 'base64');
    if (match?.[1] !== verifier.name || signature.toString('hex', 0, 4) !== verifier.keyHash) continue;
    if (verify(null, Buffer.from(text), verifier.key, signature.subarray(4))) return text;
    throw untrusted(from, `the signature of ${verifier.name} is wrong`);
  }
  throw untrusted(from, `it is not signed by the known key of ${verifier.name}`);
}

export function untrusted(from: string, why: string): SlipwayError {
  return new SlipwayError('CHECKSUM_DATABASE_UNTRUSTED', `the answer of the checksum database at ${from}: ${why}`, {
    hint: 'Somebody between here and the database changed the answer, or GOSUMDB names another key. Nothing was installed.',
  });
}
