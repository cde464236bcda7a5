// A checksum database with a key of its own, made by a test: every answer can be bent.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { leafHash, nodeHash, splitOf } from '../../../src/setup-go-cross/checksum-database/merkle.ts';

/** MTH of RFC 6962, straight from its definition. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!;
  const middle = splitOf(leaves.length);
  return nodeHash(treeHash(leaves.slice(0, middle)), treeHash(leaves.slice(middle)));
}

export function makeKey(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const encoded = Buffer.concat([Uint8Array.of(1), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const hash = createHash('sha256').update(`${name}\n`).update(encoded).digest().subarray(0, 4);
  return {
    verifier: `${name}+${hash.toString('hex')}+${encoded.toString('base64')}`,
    sign: (text: string) =>
      `${text}\n— ${name} ${Buffer.concat([hash, sign(null, Buffer.from(text), privateKey)]).toString('base64')}\n`,
  };
}

/** The answers by path below the base URL, for a log of these records. */
export function fakeDatabase(name: string, records: readonly string[], key = makeKey(name)) {
  const leaves = records.map(leafHash);
  const head = key.sign(`go.sum database tree\n${leaves.length}\n${treeHash(leaves).toString('base64')}\n`);
  const answers: Record<string, Buffer> = { '/supported': Buffer.alloc(0) };
  for (const [id, record] of records.entries()) {
    const [module, version] = record.split(' ') as [string, string];
    answers[`/lookup/${module}@${version}`] = Buffer.from(`${id}\n${record}\n${head}`);
  }
  for (let level = 0, hashes = leaves; hashes.length > 0; level++) {
    for (let index = 0; index * 256 < hashes.length; index++) {
      const tile = hashes.slice(index * 256, index * 256 + 256);
      const path = `/tile/8/${level}/${String(index).padStart(3, '0')}${tile.length < 256 ? `.p/${tile.length}` : ''}`;
      answers[path] = Buffer.concat(tile);
    }
    const full = Math.floor(hashes.length / 256);
    hashes = Array.from({ length: full }, (_, index) => treeHash(hashes.slice(index * 256, index * 256 + 256)));
  }
  return { answers, verifier: key.verifier };
}

/** A record as the database keeps it. */
export const recordOf = (module: string, version: string, hash: string) =>
  `${module} ${version} ${hash}\n${module} ${version}/go.mod h1:${'A'.repeat(43)}=\n`;
