import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { mergeRecords, type Sourced } from './merge.ts';
import { parseRecord } from './parse.ts';
import type { ReleaseRecord } from './schema.ts';

/** A record in memory: paths of binaries are absolute. `file` is where the next save goes. */
export interface LoadedRecord {
  readonly file: string;
  readonly record: ReleaseRecord;
}

/** The folder that a run writes; no dot folder, because artifact uploads drop those. */
export const outputFolder = 'slipway-out';

/**
 * Reads the records that the input `release` names (paths or globs, relative to `directory`, or `oci://` references, whose
 * releases are brought to `slipway-out/`) and merges them.
 * One file is updated in place by the next save; several become `slipway-out/release.json`.
 *
 * @returns undefined when the input is empty
 */
export async function loadRecords(
  paths: readonly string[],
  directory: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<LoadedRecord | undefined> {
  if (paths.length === 0) return undefined;
  const files: string[] = [];
  for (const path of paths) files.push(...(await here(path, directory, signal)));
  const sources: Sourced[] = await Promise.all([...new Set(files)].map(load));
  const file = sources.length === 1 ? sources[0]!.file : join(directory, outputFolder, 'release.json');
  return { file: resolve(file), record: mergeRecords(sources) };
}

async function here(path: string, directory: string, signal: AbortSignal): Promise<string[]> {
  if (!path.startsWith('oci://')) return expand(path, directory);
  // The registry client is loaded only where it is used: an action starts in milliseconds without.
  const { getFromRegistry } = await import('../records/from-registry.ts');
  return [(await getFromRegistry(path, directory, signal)).file];
}

async function expand(path: string, directory: string): Promise<string[]> {
  const absolute = resolve(directory, path);
  // A folder may be called `[a]`: what is there as it is written is no pattern.
  if (!/[*?[{]/.test(path) || existsSync(absolute)) return [absolute];
  const found = (await Array.fromAsync(glob(path, { cwd: directory }))).map(name => resolve(directory, name)).sort();
  if (found.length === 0) {
    throw new SlipwayError('RECORD_MISSING', `no record matches "${path}" in ${directory}`, {
      hint: 'Look at the output `release` of the step before, or download its artifact first.',
    });
  }
  return found;
}

async function load(file: string): Promise<Sourced> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new SlipwayError(
      'RECORD_MISSING',
      `the record ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
      {
        hint: 'Look at the output `release` of the step before, or download its artifact first.',
        cause: error,
      },
    );
  }
  return { file, record: mapPaths(parseRecord(text, file), path => resolve(dirname(file), path)) };
}

/** Writes the record atomically, as `portable` has it. */
export async function saveRecord(loaded: LoadedRecord): Promise<void> {
  await writeAtomic(loaded.file, `${JSON.stringify(portable(loaded), undefined, 2)}\n`);
}

/** The record as it lies on disk: paths are relative to its folder, with slashes on every system. */
export function portable({ file, record }: LoadedRecord): ReleaseRecord {
  return mapPaths(record, path =>
    relative(dirname(resolve(file)), path)
      .split(sep)
      .join('/'),
  );
}

/** The record with every path that it holds mapped. */
export function mapPaths(record: ReleaseRecord, map: (path: string) => string): ReleaseRecord {
  const binaries = record.binaries.map(binary => ({
    ...binary,
    path: map(binary.path),
    ...(binary.header === undefined ? {} : { header: map(binary.header) }),
    ...(binary.sbom === undefined ? {} : { sbom: map(binary.sbom) }),
  }));
  const { archives, provenance } = record;
  return {
    ...record,
    binaries,
    ...(archives === undefined ? {} : { archives: archives.map(one => ({ ...one, path: map(one.path) })) }),
    ...(provenance === undefined ? {} : { provenance: provenance.map(map) }),
  };
}
