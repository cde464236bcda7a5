import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import pMap from 'p-map';
import * as v from 'valibot';
import { messageOf, SlipwayError } from '../errors.ts';
import { sha256File } from '../files.ts';
import { type LoadedRecord, mapPaths } from '../record/files.ts';
import { ReleaseRecord } from '../record/schema.ts';
import type { Content } from './shelf.ts';

const parcelSchema = 'slipway.parcel/v1';

/** A release as it is kept: its record, and the files that its paths name. */
const Parcel = v.looseObject({
  schema: v.literal(parcelSchema),
  /** When it was put there; ISO 8601, UTC. */
  at: v.string(),
  record: ReleaseRecord,
  files: v.array(v.looseObject({ path: v.string(), sha256: v.string(), size: v.number() })),
});

export type Parcel = v.InferOutput<typeof Parcel>;

/** A file of a parcel, and where it lies now. */
export interface Packed extends Content {
  /** In the parcel: relative, with slashes. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Packs a release before it goes anywhere: without deployments and verdict, which are entries of their own.
 *
 * @throws SlipwayError RECORD_CHANGED when a binary or archive is another than the record says
 */
export async function pack({ file, record }: LoadedRecord): Promise<{ parcel: Parcel; files: Packed[] }> {
  const folder = dirname(resolve(file));
  const paths = new Map<string, string>();
  const { verification: _, ...rest } = mapPaths(record, path => {
    const name = nameIn(folder, path);
    paths.set(path, name);
    return name;
  });
  const known = new Map([...record.binaries, ...(record.archives ?? [])].map(one => [one.path, one.sha256]));
  const files = await pMap(
    [...paths],
    async ([path, name]) => {
      const seen = await contentOf(path);
      const expected = known.get(path);
      if (expected !== undefined && expected !== seen.sha256) throw changed(path, expected, seen.sha256);
      return { name, path, ...seen };
    },
    { concurrency: 4 },
  );
  const parcel: Parcel = {
    schema: parcelSchema,
    at: new Date().toISOString(),
    record: { ...rest, deployments: [] },
    files: files.map(({ name, sha256, size }) => ({ path: name, sha256, size })),
  };
  return { parcel, files };
}

/** What lies outside of the record's folder gets a name of its own in it. */
function nameIn(folder: string, path: string): string {
  const name = relative(folder, path).split(sep).join('/');
  return name.startsWith('../') || name === '..'
    ? `elsewhere/${Buffer.from(name).toString('hex').slice(-16)}-${basename(path)}`
    : name;
}

async function contentOf(path: string): Promise<Content> {
  try {
    const [{ size }, sha256] = await Promise.all([stat(path), sha256File(path)]);
    return { size, sha256 };
  } catch (cause) {
    throw new SlipwayError('RECORD_CHANGED', `${path}, which the record names, cannot be read: ${messageOf(cause)}`, {
      hint: 'Nothing was kept. Pass the whole folder of the record on, with the binaries.',
      cause,
    });
  }
}

export function readParcel(text: string, where: string): Parcel {
  try {
    const parcel = v.parse(Parcel, JSON.parse(text));
    for (const { path } of parcel.files)
      if (path.startsWith('/') || /(^|\/)\.\.(\/|$)|\\/.test(path)) throw new Error(`it has the path ${path}`);
    return parcel;
  } catch (cause) {
    throw new SlipwayError('RECORD_INVALID', `${where} is no release that was kept here: ${messageOf(cause)}`, {
      hint: 'Nothing was changed. Somebody else may have written there.',
      cause,
    });
  }
}

/** What makes two releases the same: commit, binaries, images. Times and durations do not. */
export function contentKey({ record }: Parcel): string {
  return JSON.stringify([
    record.name,
    record.commit,
    record.binaries.map(one => [one.package, one.target, one.sha256]).sort(),
    record.images.map(one => one.digest).sort(),
  ]);
}

export function changed(path: string, expected: string, seen: string): SlipwayError {
  return new SlipwayError('RECORD_CHANGED', `${path} was changed: its sha256 is ${seen}, the record says ${expected}`, {
    hint: 'Nothing was deployed. Build the release again, or fetch it anew.',
  });
}
