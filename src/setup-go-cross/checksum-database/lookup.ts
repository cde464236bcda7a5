import { SlipwayError } from '../../core/errors.ts';
import { type GetOptions, get, getText, unavailable } from '../toolchain/http.ts';
import type { Database } from './database.ts';
import { leafHash, proofRanges, rootOf } from './merkle.ts';
import { openNote, untrusted } from './note.ts';
import { rangeHash, type Tile, tileBytes, tilePath } from './tiles.ts';

/**
 * The `h1:` hash of a module's zip, proven by the checksum database: the tree head is signed by its key, and the record
 * is in that tree. Asked through the module proxies first, as the go command does, then the database itself.
 *
 * @param proxies base URLs of module proxies
 * @throws SlipwayError CHECKSUM_UNKNOWN (the database knows no such module), CHECKSUM_DATABASE_UNTRUSTED, SOURCE_UNAVAILABLE
 */
export async function lookup(
  module: string,
  version: string,
  database: Database,
  proxies: readonly string[],
  options: GetOptions,
): Promise<string> {
  const through = proxies.map(proxy => `${proxy}/sumdb/${database.verifier.name}`);
  const failures: string[] = [];
  for (const base of through) {
    try {
      if ((await getText(`${base}/supported`, options)) !== undefined)
        return await lookupAt(base, module, version, database, options);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== unavailable) throw error;
      failures.push(error.message);
    }
  }
  try {
    return await lookupAt(database.url, module, version, database, options);
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
  const tree = parseTree(openNote(note, verifier, base), base);
  const index = Number(id);
  if (index >= tree.size) throw untrusted(base, `record ${index} is not in the signed tree of ${tree.size}`);
  const read = tileReader(base, options);
  const proof = await Promise.all(proofRanges(index, tree.size).map(range => rangeHash(range, tree.size, read)));
  if (!rootOf(leafHash(record), index, tree.size, proof).equals(tree.root))
    throw untrusted(base, `record ${index} (${module}@${version}) is not proven to be in the signed tree`);
  return hashIn(record, module, version, base);
}

function parseTree(text: string, base: string): { size: number; root: Buffer } {
  const match = /^go\.sum database tree\n(\d+)\n(\S+)\n/.exec(text);
  const root = Buffer.from(match?.[2] ?? '', 'base64');
  if (match === null || root.length !== 32) throw untrusted(base, 'the signed text is no tree head');
  return { size: Number(match[1]), root };
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
