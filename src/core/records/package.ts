import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, posix, relative, sep } from 'node:path';
import { bundlesOn } from '../attestation/file.ts';
import { SlipwayError } from '../errors.ts';
import { sha256, sha256File } from '../files.ts';
import { type LoadedRecord, mapPaths } from '../record/files.ts';
import type { ReleaseRecord } from '../record/schema.ts';

/** A file of a release as it is kept. */
export interface KeptFile {
  /** Below `slipway-out/`, with slashes. */
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
}

/** A release as it is kept: paths in the record are names of its files. */
export interface Package {
  readonly version: string;
  readonly commit?: string | undefined;
  /** When it was put there; ISO 8601, UTC. */
  readonly at: string;
  readonly record: ReleaseRecord;
  readonly files: readonly KeptFile[];
}

/** A release on its way in. */
export interface Packing extends Package {
  readonly files: readonly (KeptFile & { readonly path: string })[];
}

const kinds = {
  binary: 'application/octet-stream',
  header: 'text/x-c',
  sbom: 'application/vnd.cyclonedx+json',
  archive: 'application/octet-stream',
  provenance: 'application/vnd.in-toto+json',
  bundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
} as const;

/** A file of a record: where it is, and what is recorded of it. */
interface Recorded {
  readonly path: string;
  readonly mediaType: string;
  readonly sha256?: string;
}

/**
 * Collects what belongs to a release. What was done with it is not part of it: that is in entries.
 *
 * @throws SlipwayError RECORD_CHANGED when a file is not what the record says
 */
export async function pack({ file, record }: LoadedRecord, now: Date, signal: AbortSignal): Promise<Packing> {
  const { verification: _, ...evidence } = record;
  const recorded = new Map(filesOf(record).map(one => [one.path, one]));
  const files = await Promise.all(
    [...recorded.values()].map(async ({ path, mediaType, ...said }) => {
      const { sha256, size } = await measured(path, said.sha256, signal);
      return { name: nameOf(path, dirname(file)), path, mediaType, sha256, size };
    }),
  );
  const names = new Map(files.map(({ path, name }) => [path, name]));
  const bundles = await attestationsOf(record, path => names.get(path)!, signal);
  return {
    version: record.version,
    commit: record.commit,
    at: now.toISOString(),
    record: { ...mapPaths(evidence as ReleaseRecord, path => names.get(path)!), deployments: [] },
    files: [...files, ...bundles.filter(({ path }) => !names.has(path))],
  };
}

/** The Sigstore bundles on its binaries: they are beside them again where the release is got. */
async function attestationsOf({ binaries }: ReleaseRecord, nameOf: (path: string) => string, signal: AbortSignal) {
  const found = binaries.map(async binary =>
    (await bundlesOn(binary)).map(
      path => [path, posix.join(posix.dirname(nameOf(binary.path)), basename(path))] as const,
    ),
  );
  const named = new Map((await Promise.all(found)).flat());
  return Promise.all(
    [...named].map(async ([path, name]) => ({
      name,
      path,
      mediaType: kinds.bundle,
      ...(await measured(path, undefined, signal)),
    })),
  );
}

/** Every file that a record names. */
export function filesOf({ binaries, archives = [], provenance = [] }: ReleaseRecord): Recorded[] {
  return [
    ...binaries.flatMap(({ path, sha256, header, sbom }) => [
      { path, sha256, mediaType: kinds.binary },
      ...(header === undefined ? [] : [{ path: header, mediaType: kinds.header }]),
      ...(sbom === undefined ? [] : [{ path: sbom, mediaType: kinds.sbom }]),
    ]),
    ...archives.map(({ path, sha256 }) => ({ path, sha256, mediaType: kinds.archive })),
    ...provenance.map(path => ({ path, mediaType: kinds.provenance })),
  ];
}

/**
 * Looks at a release that was handed on, before anything is done with it. What is not there is not needed, or is missed by
 * whoever needs it: a cluster takes the image alone.
 *
 * @throws SlipwayError RECORD_CHANGED
 */
export async function refuseChanged({ record }: LoadedRecord): Promise<void> {
  for (const { path, sha256 } of filesOf(record)) {
    const found = sha256 && (await sha256File(path).catch(() => undefined));
    if (found && found !== sha256) throw changed(path, found, sha256);
  }
}

async function measured(path: string, expected: string | undefined, signal: AbortSignal) {
  try {
    const { size } = await stat(path);
    const found = await sha256File(path, signal);
    if (expected === undefined || expected === found) return { size, sha256: found };
    throw changed(path, found, expected);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SlipwayError || signal.aborted) throw error;
    throw new SlipwayError('RECORD_CHANGED', `${path}, which the record names, cannot be read: ${code}`, {
      hint: 'Nothing was kept. Build again, or download the artifact with the binaries beside the record.',
      cause: error,
    });
  }
}

/** A file that is not the one that was recorded. `seen` is its sha256, or what is there instead of one. */
export function changed(what: string, seen: string, expected: string): SlipwayError {
  return new SlipwayError('RECORD_CHANGED', `${what} was changed: its sha256 is ${seen}, the record says ${expected}`, {
    hint: 'It was not used. Somebody or a damaged disk changed it after it was built: build it again, or get it from where it is whole.',
  });
}

/** Relative to the record where it is below it, else a name of its own. */
function nameOf(path: string, folder: string): string {
  const near = relative(folder, path).split(sep).join('/');
  if (!near.startsWith('../') && !isAbsolute(near)) return near;
  return `other/${sha256(near).slice(0, 16)}/${basename(path)}`;
}
