import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import * as v from 'valibot';
import { messageOf, SlipwayError } from '../errors.ts';
import { sha256File } from '../files.ts';
import { type LoadedRecord, mapPaths, outputFolder, saveRecord } from '../record/files.ts';
import { Entry } from './entry.ts';
import { changed, contentKey, type Parcel, pack, readParcel } from './parcel.ts';
import type { Kept, Records } from './records.ts';
import type { Shelf } from './shelf.ts';

const concurrency = 8;

/** Releases and entries as documents on a shelf. */
export function recordsOn(shelf: Shelf): Records {
  const { place } = shelf;
  const parcelOf = async (version: string): Promise<Parcel | undefined> => {
    const text = await shelf.read('releases', version);
    return text === undefined ? undefined : readParcel(text, `${place}, ${version}`);
  };

  async function put(release: LoadedRecord): Promise<void> {
    const { parcel, files } = await pack(release);
    const { version } = parcel.record;
    if (await shelf.add('releases', version, `${JSON.stringify(parcel, undefined, 2)}\n`, files)) return;
    const kept = await parcelOf(version);
    if (kept !== undefined && contentKey(kept) === contentKey(parcel)) return;
    throw new SlipwayError(
      'RELEASE_EXISTS',
      `${version} is kept in ${place} with other content, since ${kept?.at ?? 'an unknown time'}`,
      {
        hint: 'Nothing was deployed. A version is released once: raise it, or build it from the same commit.',
      },
    );
  }

  async function releases(): Promise<Kept[]> {
    const versions = await shelf.list('releases');
    const parcels = await pMap(versions, parcelOf, { concurrency });
    return parcels
      .filter(parcel => parcel !== undefined)
      .map(({ at, record: { version, commit } }) => ({ at, version, commit }))
      .sort((a, b) => b.at.localeCompare(a.at));
  }

  async function get(version: string, directory: string): Promise<LoadedRecord> {
    const wanted = version === 'latest' ? (await releases())[0]?.version : version;
    const parcel = wanted === undefined ? undefined : await parcelOf(wanted);
    if (parcel === undefined) throw missing(version, await releases(), place);
    const folder = join(directory, outputFolder);
    await pMap(parcel.files, file => bring(parcel.record.version, file, join(folder, file.path)), { concurrency: 4 });
    const programs = parcel.record.binaries.map(one => join(folder, one.path));
    await Promise.all(programs.map(path => chmod(path, 0o755)));
    const loaded = { file: join(folder, 'release.json'), record: mapPaths(parcel.record, path => join(folder, path)) };
    await saveRecord(loaded);
    return loaded;
  }

  async function bring(version: string, file: Parcel['files'][number], path: string): Promise<void> {
    const there = await sha256File(path).catch(() => undefined);
    if (there === file.sha256) return;
    await mkdir(dirname(path), { recursive: true });
    await shelf.fetch(version, file, path);
    const seen = await sha256File(path);
    if (seen !== file.sha256) throw changed(`${file.path} of ${version} in ${place}`, file.sha256, seen);
  }

  async function append(entry: Entry): Promise<void> {
    if (await shelf.add('entries', entry.id, `${JSON.stringify(entry, undefined, 2)}\n`, [])) return;
    throw new SlipwayError('ENTRY_EXISTS', `${place} has an entry ${entry.id} already`, {
      hint: 'Run again: ids are random.',
    });
  }

  async function entries({
    version,
    environment,
    limit = Number.POSITIVE_INFINITY,
  }: Parameters<Records['entries']>[0] = {}): Promise<Entry[]> {
    const found: Entry[] = [];
    // an id begins with the time
    const ids = (await shelf.list('entries')).sort().reverse();
    for (let from = 0; from < ids.length && found.length < limit; from += concurrency) {
      const texts = await Promise.all(ids.slice(from, from + concurrency).map(id => shelf.read('entries', id)));
      const read = texts.flatMap((text, i) =>
        text === undefined ? [] : readEntry(text, `${place}, ${ids[from + i]}`),
      );
      found.push(
        ...read.filter(
          one => (version ?? one.version) === one.version && (environment ?? one.environment) === one.environment,
        ),
      );
    }
    return found.slice(0, limit).sort((a, b) => b.at.localeCompare(a.at));
  }

  return { place, put, get, releases, append, entries };
}

function readEntry(text: string, where: string): Entry {
  try {
    return v.parse(Entry, JSON.parse(text));
  } catch (cause) {
    throw new SlipwayError('RECORD_INVALID', `${where} is no entry: ${messageOf(cause)}`, {
      hint: 'Nothing was changed. Somebody else may have written there.',
      cause,
    });
  }
}

function missing(version: string, kept: readonly Kept[], place: string): SlipwayError {
  const newest = kept.slice(0, 10).map(one => one.version);
  const more = kept.length > newest.length ? ` and ${kept.length - newest.length} older ones` : '';
  return new SlipwayError(
    'VERSION_MISSING',
    version === 'latest' ? `${place} keeps no release` : `${place} keeps no release ${version}`,
    {
      hint:
        newest.length === 0
          ? 'Nothing was changed. Release one first.'
          : `Nothing was changed. It keeps ${newest.join(', ')}${more}.`,
    },
  );
}
