import { type Leaves, nodeHash, splitOf } from './merkle.ts';

/** Tiles of 256 hashes: eight levels of the tree each (research.swtch.com/tlog#tiling_a_log). */
const height = 8;
const width = 2 ** height;
const hashSize = 32;

export interface Tile {
  /** Of tiles: level 1 stands above 256 tiles of level 0. */
  readonly level: number;
  readonly index: number;
  /** Hashes in it; fewer than 256 at the right edge. */
  readonly width: number;
}

/** `tile/8/0/x241/x187`, with `.p/W` for a tile that is not full. */
export function tilePath({ level, index, width: count }: Tile): string {
  let name = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    name = `x${String(rest % 1000).padStart(3, '0')}/${name}`;
  return `tile/${height}/${level}/${name}${count === width ? '' : `.p/${count}`}`;
}

/** The tile of a level that holds the hash at `position`, in a tree of `size` leaves. */
function tileAt(level: number, position: number, size: number): Tile {
  const index = Math.floor(position / width);
  const present = Math.floor(size / width ** level);
  return { level, index, width: Math.min(width, present - index * width) };
}

/**
 * The hash over a range of leaves that is a subtree of the tree (RFC 6962), from tiles. `read` gives a tile's bytes;
 * they need not be trusted: a wrong one leads to a wrong root.
 */
export async function rangeHash(
  [from, to]: Leaves,
  size: number,
  read: (tile: Tile) => Promise<Buffer>,
): Promise<Buffer> {
  const length = to - from;
  const level = Math.log2(length);
  if (!Number.isInteger(level)) {
    const middle = from + splitOf(length);
    const [left, right] = await Promise.all([
      rangeHash([from, middle], size, read),
      rangeHash([middle, to], size, read),
    ]);
    return nodeHash(left, right);
  }
  // A complete subtree: 2^(level % 8) neighbouring hashes of one tile.
  const tileLevel = Math.floor(level / height);
  const first = from / width ** tileLevel;
  const tile = tileAt(tileLevel, first, size);
  const bytes = await read(tile);
  const count = 2 ** (level % height);
  const start = first - tile.index * width;
  let hashes = Array.from({ length: count }, (_, at) =>
    bytes.subarray((start + at) * hashSize, (start + at + 1) * hashSize),
  );
  while (hashes.length > 1)
    hashes = hashes.filter((_, at) => at % 2 === 0).map((left, at) => nodeHash(left, hashes[at * 2 + 1]!));
  return hashes[0]!;
}

export function tileBytes(tile: Tile): number {
  return tile.width * hashSize;
}
