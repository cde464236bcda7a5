import { SlipwayError } from '../../core/errors.ts';
import { type GetOptions, get, getText, unavailable } from '../toolchain/http.ts';
import { bothRoots } from './consistency.ts';
import type { Database } from './database.ts';
import type { TreeMemory } from './memory.ts';
import { type Leaves, leafHash, proofRanges, rootOf } from './merkle.ts';
import { untrusted } from './note.ts';
import { rangeHash, type Tile, tileBytes, tilePath } from './tiles.ts';
import { openTreeHead, type TreeHead } from './tree-head.ts';

/**
 * The `h1:` hash of a module's zip, proven by the checksum database: the tree head is signed by its key, and the record
 * is in that tree. Asked through the module proxies first, as the go command does, then the database itself.
 *
 * @param proxies base URLs of module proxies
 * @param memory the tree must contain the one that was seen last, and is remembered in its turn
 * @throws SlipwayError CHECKSUM_UNKNOWN (the database knows no such module), CHECKSUM_DATABASE_UNTRUSTED,
 * CHECKSUM_DATABASE_ROLLED_BACK, SOURCE_UNAVAILABLE
 */
export async function lookup(
  module: string,
  version: string,
  database: Database,
  proxies: readonly string[],
  options: GetOptions,
  memory: TreeMemory,
): Promise<string> {
  const through = proxies.map(proxy => `${proxy}/sumdb/${database.verifier.name}`);
  const failures: string[] = [];
  for (const base of through) {
    try {
      if ((await getText(`${base}/supported`, options)) !== undefined)
        return await lookupAt(base, module, version, database, options, memory);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== unavailable) throw error;
      failures.push(error.message);
    }
  }
  try {
    return await lookupAt(database.url, module, version, database, options, memory);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== unavailable) throw error;
    throw new SlipwayError(unavailable, [...failures, error.message].join('; '), { cause: error });
  }
}

async function lookupAt(
  base: string,
  module: string,
  version: string,
  { verifier }: Database,
  options: GetOptions,
  memory: TreeMemory,
): Promise<string> {
  const answer = await getText(`${base}/lookup/${module}@${version}`, options);
  if (answer === undefined) {
    throw new SlipwayError('CHECKSUM_UNKNOWN', `the checksum database knows no ${module}@${version}`, {
      hint: 'Is there such a version of Go for this system?',
    });
  }
  const match = /^(\d+)\n((?:[^\n]+\n)+)\n([\s\S]+)$/.exec(answer);
  if (match === null) throw untrusted(base, 'it is not a record with a signed tree');
  const [, id, record, note] = match as unknown as [string, string, string, string];
  const said = openTreeHead(note, verifier, base);
  const index = Number(id);
  if (index >= said.size) throw untrusted(base, `record ${index} is not in the signed tree of ${said.size}`);
  const read = tileReader(base, options);
  const tree = await newerOf(said, await memory.read(verifier), base, read);
  const proof = await Promise.all(proofRanges(index, tree.size).map(range => rangeHash(range, tree.size, read)));
  if (!rootOf(leafHash(record), index, tree.size, proof).equals(tree.root))
    throw untrusted(base, `record ${index} (${module}@${version}) is not proven to be in the signed tree`);
  const hash = hashIn(record, module, version, base);
  await memory.write(verifier, tree);
  return hash;
}

/**
 * The larger of the two trees, when the smaller one is its beginning. An answer that was kept on the way may bear an older
 * head: then the database must still show the remembered tree, which one that was rolled back cannot.
 */
async function newerOf(
  said: TreeHead,
  remembered: TreeHead | undefined,
  base: string,
  read: (tile: Tile) => Promise<Buffer>,
): Promise<TreeHead> {
  if (remembered === undefined) return said;
  const [older, newer] = said.size < remembered.size ? [said, remembered] : [remembered, said];
  if (older.size === newer.size && older.root.equals(newer.root)) return newer;
  const sizes = `its tree has ${said.size} records, the one seen before had ${remembered.size}`;
  if (older.size === newer.size) throw rolledBack(base, `${sizes}, but others`);
  try {
    const roots = await bothRoots([0, newer.size], older.size, (range: Leaves) => rangeHash(range, newer.size, read));
    if (roots.older.equals(older.root) && roots.newer.equals(newer.root)) return newer;
  } catch (error) {
    const wrong =
      error instanceof SlipwayError && /^(SOURCE_UNAVAILABLE|CHECKSUM_DATABASE_UNTRUSTED)$/.test(error.code);
    if (!wrong || newer === said) throw error;
    throw rolledBack(base, `${sizes}, and it cannot show that one`, error);
  }
  throw rolledBack(base, `${sizes}; neither is proven to be the beginning of the other`);
}

function rolledBack(base: string, why: string, cause?: unknown): SlipwayError {
  return new SlipwayError('CHECKSUM_DATABASE_ROLLED_BACK', `the checksum database at ${base} is refused: ${why}`, {
    hint: 'The database may only grow: somebody shows this machine an older or another one. Nothing was installed.',
    cause,
  });
}

/** Each tile is fetched once. The bytes are not trusted: the proof shows whether they are right. */
function tileReader(base: string, options: GetOptions): (tile: Tile) => Promise<Buffer> {
  const tiles = new Map<string, Promise<Buffer>>();
  const fetched = (tile: Tile) => {
    const path = tilePath(tile);
    if (!tiles.has(path)) tiles.set(path, fetchTile(`${base}/${path}`, tile, options));
    return tiles.get(path)!;
  };
  return async tile => {
    const bytes = await fetched(tile);
    // A tile that has filled up since is served whole only.
    return bytes.length > 0 ? bytes : (await fetched({ ...tile, width: 256 })).subarray(0, tileBytes(tile));
  };
}

async function fetchTile(url: string, tile: Tile, options: GetOptions): Promise<Buffer> {
  const answer = await get(url, options);
  if (answer.status !== 200) {
    answer.body.destroy();
    if (tile.width < 256 && (answer.status === 404 || answer.status === 410)) return Buffer.alloc(0);
    throw new SlipwayError(unavailable, `${url} answers with HTTP status ${answer.status}`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== tileBytes(tile))
    throw untrusted(url, `the tile has ${bytes.length} bytes, not ${tileBytes(tile)}`);
  return bytes;
}

function hashIn(record: string, module: string, version: string, base: string): string {
  const found = record
    .split('\n')
    .map(line => line.split(' '))
    .find(([path, v, sum]) => path === module && v === version && sum?.startsWith('h1:'));
  if (found === undefined) throw untrusted(base, `its record is not that of ${module}@${version}`);
  return found[2]!;
}
