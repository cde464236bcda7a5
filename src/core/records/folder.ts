import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import * as v from 'valibot';
import { messageOf, SlipwayError } from '../errors.ts';
import { readIfThere, sha256 } from '../files.ts';
import { parseRecord } from '../record/parse.ts';
import { copyBlob, sweep, writeNew } from './folder-files.ts';
import { versionName } from './names.ts';
import { changed, type Package } from './package.ts';
import type { Store } from './store.ts';

const keptSchema = 'slipway.kept/v1';
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const KeptFile = v.looseObject({ name: v.string(), sha256: hash, size: v.number(), mediaType: v.string() });
/** `releases/NAME.json`: what belongs to a release; all bytes are in `blobs/`. */
const KeptRelease = v.looseObject({
  schema: v.literal(keptSchema),
  version: v.string(),
  commit: v.optional(v.string()),
  at: v.string(),
  record: v.looseObject({ sha256: hash, size: v.number() }),
  files: v.array(KeptFile),
});

/**
 * A folder, also one of a network file system:
 *
 *     blobs/sha256/HEX       binaries, SBOMs, records, each once
 *     releases/VERSION.json  what belongs to a release; written last
 *     entries/NAME.json      one file an entry
 *
 * Files appear whole and are never written again.
 */
export function folderStore(root: string): Store {
  const blobOf = (digest: string) => join(root, 'blobs', 'sha256', digest);
  const releaseFile = (version: string) => join(root, 'releases', `${versionName(version)}.json`);
  const entryFile = (name: string) => join(root, 'entries', `${name}.json`);

  async function find(version: string): Promise<Package | undefined> {
    const text = await readIfThere(releaseFile(version));
    if (text === undefined) return undefined;
    const { record, files, commit, at } = parseKept(text, releaseFile(version));
    const bytes = await readFile(blobOf(record.sha256)).catch(() => Buffer.alloc(0));
    if (sha256(bytes) !== record.sha256) throw changed(blobOf(record.sha256), sha256(bytes), record.sha256);
    return { version, commit, at, record: parseRecord(bytes.toString('utf8'), releaseFile(version)), files };
  }

  return {
    place: root,
    find,
    async keep({ version, commit, at, record, files }, signal) {
      await begin(root);
      await sweep(join(root, 'blobs', 'sha256'));
      await pMap(files, file => copyBlob(file, blobOf(file.sha256), signal), { concurrency: 2, signal });
      const text = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
      const digest = sha256(text);
      await writeNew(blobOf(digest), text);
      const listed = files.map(({ path: _, ...file }) => file);
      const kept = {
        schema: keptSchema,
        version,
        commit,
        at,
        record: { sha256: digest, size: text.length },
        files: listed,
      };
      signal.throwIfAborted();
      return writeNew(releaseFile(version), Buffer.from(`${JSON.stringify(kept, undefined, 2)}\n`));
    },
    open: async ({ sha256 }) => createReadStream(blobOf(sha256)),
    async releases() {
      const names = await namesIn(join(root, 'releases'));
      const read = (name: string) => readFile(join(root, 'releases', `${name}.json`), 'utf8');
      const kept = await pMap(names, async name => parseKept(await read(name), `${root}/releases/${name}.json`), {
        concurrency: 8,
      });
      return kept.map(({ version, commit, at }) => ({ version, commit, at }));
    },
    async writeEntry(name, text) {
      await begin(root);
      await writeNew(entryFile(name), Buffer.from(text));
    },
    entryNames: () => namesIn(join(root, 'entries')),
    readEntry: name => readFile(entryFile(name), 'utf8'),
  };
}

/** In a working tree the folder must not make the next build "modified": it ignores itself. */
async function begin(root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeNew(join(root, '.gitignore'), Buffer.from('*\n'));
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter(name => /^[^.].*\.json$/.test(name)).map(name => name.slice(0, -'.json'.length));
}

function parseKept(text: string, file: string) {
  try {
    return v.parse(KeptRelease, JSON.parse(text));
  } catch (error) {
    throw new SlipwayError('RECORD_INVALID', `${file} is no kept release: ${messageOf(error)}`, {
      hint: 'It was damaged or written by another major version of Slipway: take the file away, and keep the release again.',
      cause: error,
    });
  }
}
