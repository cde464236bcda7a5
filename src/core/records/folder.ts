import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { readIfThere } from '../files.ts';
import { parseRelease, releaseText } from './document.ts';
import { copyContent, sweep, writeNew } from './folder-files.ts';
import { versionName } from './names.ts';
import type { Store } from './store.ts';

/**
 * A folder, also one of a network file system:
 *
 *     files/SHA256           binaries, SBOMs, archives, each once
 *     releases/VERSION.json  the record, and what its files are; written last
 *     entries/NAME.json      one file an entry
 *
 * Files appear whole and are never written again.
 */
export function folderStore(root: string): Store {
  const contentOf = ({ sha256 }: { sha256: string }) => join(root, 'files', sha256);
  const releaseFile = (version: string) => join(root, 'releases', `${versionName(version)}.json`);
  const entryFile = (name: string) => join(root, 'entries', `${name}.json`);

  return {
    place: root,
    async find(version) {
      const text = await readIfThere(releaseFile(version));
      return text === undefined ? undefined : parseRelease(text, releaseFile(version));
    },
    async keep(release, signal) {
      await begin(root);
      await sweep(join(root, 'files'));
      await pMap(release.files, file => copyContent(file, contentOf(file), signal), { concurrency: 2, signal });
      signal.throwIfAborted();
      return writeNew(releaseFile(release.version), Buffer.from(releaseText(release)));
    },
    open: async file => createReadStream(contentOf(file)),
    async releases() {
      const names = await namesIn(join(root, 'releases'));
      const read = (name: string) => readFile(join(root, 'releases', `${name}.json`), 'utf8');
      const kept = await pMap(names, async name => parseRelease(await read(name), `${root}/releases/${name}.json`), {
        concurrency: 8,
      });
      return kept.map(({ version, commit, at }) => ({ version, commit, at }));
    },
    async writeEntry(name, text) {
      await begin(root);
      return writeNew(entryFile(name), Buffer.from(text));
    },
    entryNames: () => namesIn(join(root, 'entries')),
    readEntries: names => pMap(names, name => readFile(entryFile(name), 'utf8'), { concurrency: 8 }),
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
