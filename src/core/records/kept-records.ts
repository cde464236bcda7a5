import { aborted, deadline } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import type { LoadedRecord } from '../record/files.ts';
import { suggestions } from '../suggest.ts';
import { entryText, readEntries } from './entries.ts';
import type { Entry } from './entry.ts';
import { entryName } from './names.ts';
import { pack } from './package.ts';
import type { Kept, Records } from './records.ts';
import { difference } from './same.ts';
import type { Store } from './store.ts';
import { unpack } from './unpack.ts';

/** Milliseconds for files, and for what is small. */
const limits = { files: 30 * 60_000, small: 5 * 60_000 };
/** Versions that an error lists. */
const listed = 10;

/** The records of a place. Every wait has a deadline, also one for a file system that does not answer. */
export function keptRecords(store: Store, env: NodeJS.ProcessEnv, signal: AbortSignal): Records {
  const { place } = store;
  async function within<T>(ms: number, doing: string, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    using limited = deadline(ms, doing, signal);
    return await Promise.race([task(limited), aborted(limited)]);
  }
  return {
    place,
    put: release =>
      within(limits.files, `keeping ${release.record.version} in ${place}`, limited => put(store, release, limited)),
    get: (version, directory) =>
      within(limits.files, `getting ${version} from ${place}`, limited =>
        getRelease(store, version, directory, limited),
      ),
    record: version =>
      within(
        limits.small,
        `reading ${version} of ${place}`,
        async limited => (await store.find(version, limited))?.record,
      ),
    releases: () =>
      within(limits.small, `listing the releases of ${place}`, async limited =>
        newestFirst(await store.releases(limited)),
      ),
    append: entry =>
      within(limits.small, `writing an entry to ${place}`, limited => append(store, entry, env, limited)),
    entries: (filter = {}) =>
      within(limits.small, `reading the entries of ${place}`, async limited =>
        readEntries(await store.entryNames(limited), filter, some => store.readEntries(some, limited)),
      ),
  };
}

async function put(store: Store, release: LoadedRecord, signal: AbortSignal): Promise<void> {
  const packing = await pack(release, new Date(), signal);
  const { version } = packing;
  const there = async () => {
    const kept = await store.find(version, signal);
    const other = kept && difference(kept.record, packing.record);
    if (other !== undefined) throw exists(version, store.place, other);
    return kept !== undefined;
  };
  if (await there()) return;
  if ((await store.keep(packing, signal)) || (await there())) return; // somebody else may have been first
  throw new SlipwayError('RECORDS_FAILED', `${version} was written to ${store.place}, and is not there`, {
    hint: 'Run again; look whether the place serves old answers from a cache.',
  });
}

/** As `get` of records. */
export async function getRelease(
  store: Store,
  wanted: string,
  directory: string,
  signal: AbortSignal,
): Promise<LoadedRecord> {
  const version = wanted === 'latest' ? newestFirst(await store.releases(signal))[0]?.version : wanted;
  const found = version === undefined ? undefined : await store.find(version, signal);
  if (found === undefined) throw missing(wanted, store.place, newestFirst(await store.releases(signal)));
  const release = store.available?.(found) ?? found;
  return unpack(release, store.place, directory, (file, limited) => store.open(file, release, limited), signal);
}

async function append(store: Store, entry: Entry, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  if (await store.writeEntry(entryName(entry), entryText(entry, env), signal)) return;
  throw new SlipwayError('ENTRY_EXISTS', `${store.place} has another entry ${entry.id} already`, {
    hint: 'It stays as it is: an entry is written once. Run again; ids are random.',
  });
}

function newestFirst(releases: readonly Kept[]): Kept[] {
  return [...releases].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function exists(version: string, place: string, difference: string): SlipwayError {
  return new SlipwayError(
    'RELEASE_EXISTS',
    `${version} is in ${place} already, and is another release: ${difference}`,
    {
      hint: 'What is kept stays as it is. Commit the change and give the release a new version.',
    },
  );
}

/** What a version that nobody kept may have meant, then the last ones. */
function missing(version: string, place: string, releases: readonly Kept[]): SlipwayError {
  const names = releases.map(one => one.version);
  const near = suggestions(version, names);
  const last = names.filter(name => !near.includes(name)).slice(0, listed - near.length);
  const meant = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  const more = names.length > near.length + last.length ? `, and ${names.length - near.length - last.length} more` : '';
  const others =
    last.length === 0 ? '' : ` ${near.length === 0 ? 'The last ones are' : 'Others are'} ${last.join(', ')}${more}.`;
  const hint =
    names.length === 0
      ? 'No release is kept there yet: run mode `release` or `build` first.'
      : `${meant}${others}`.trim();
  return new SlipwayError(
    'VERSION_MISSING',
    version === 'latest' ? `${place} keeps no release` : `${place} keeps no release ${version}`,
    {
      hint: `Nothing was changed. ${hint}`,
    },
  );
}
