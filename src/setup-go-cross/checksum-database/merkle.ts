import { createHash } from 'node:crypto';

/** RFC 6962, 2.1: hashes of leaves and inner nodes cannot be mistaken for each other. */
export function leafHash(data: string): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(data).digest();
}

export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** The largest power of two that is smaller than n (n > 1). */
export function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** A range of leaves [from, to). */
export type Leaves = readonly [from: number, to: number];

/** The subtrees whose hashes prove that leaf `index` is in a tree of `size` leaves, from the leaf upwards (2.1.1). */
export function proofRanges(index: number, size: number): Leaves[] {
  const path: Leaves[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
    }
  }
  return path.reverse();
}

/** The root that a leaf and its proof lead to: the leaf is in the tree exactly when this is the signed root. */
export function rootOf(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer {
  return proofRanges(index, size).reduce(
    (hash, [from], at) => (from > index ? nodeHash(hash, proof[at]!) : nodeHash(proof[at]!, hash)),
    leaf,
  );
}
