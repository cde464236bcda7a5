import { type Leaves, nodeHash, splitOf } from './merkle.ts';

/**
 * The roots of the first `size` leaves and of the whole tree, both from the same subtrees (RFC 6962, 2.1.2): when they are
 * the two signed roots, the smaller tree is the beginning of the larger one.
 *
 * @param size leaves of the smaller tree, 1 to `to`
 */
export async function bothRoots(
  [from, to]: Leaves,
  size: number,
  hashOf: (range: Leaves) => Promise<Buffer>,
): Promise<{ older: Buffer; newer: Buffer }> {
  if (size === to - from) {
    const hash = await hashOf([from, to]);
    return { older: hash, newer: hash };
  }
  const left = splitOf(to - from);
  const middle = from + left;
  if (size <= left) {
    const [inner, right] = await Promise.all([bothRoots([from, middle], size, hashOf), hashOf([middle, to])]);
    return { older: inner.older, newer: nodeHash(inner.newer, right) };
  }
  const [hash, inner] = await Promise.all([hashOf([from, middle]), bothRoots([middle, to], size - left, hashOf)]);
  return { older: nodeHash(hash, inner.older), newer: nodeHash(hash, inner.newer) };
}
