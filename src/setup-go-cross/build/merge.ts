import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { sha256File } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { type LoadedRecord, outputFolder, saveRecord } from '../../core/record/files.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { canonicalTarget, formatTarget, type Target } from '../../core/target.ts';
import { writeSums } from '../outputs/sums.ts';

/**
 * Writes the joined records of a matrix as one `release.json`. Every file of the records that is at hand must have the
 * bytes that its record says; one that is not is only reported: its job may have kept it. Where the targets are named
 * that were asked for, each must be there.
 */
export async function mergeInto(
  directory: string,
  joined: LoadedRecord | undefined,
  targets: readonly Target[],
  signal: AbortSignal,
): Promise<LoadedRecord> {
  if (joined === undefined) {
    throw new SlipwayError('RECORD_MISSING', 'mode: merge needs the records of the jobs before', {
      hint: 'Set release to their paths or a glob, e.g. slipway-out/release-*.json.',
    });
  }
  const { record } = joined;
  assertWhole(record, targets);
  for (const { path, sha256, target } of record.binaries) await check(path, sha256, `the binary for ${target}`, signal);
  for (const { path, sha256, target } of record.archives ?? [])
    await check(path, sha256, `the archive for ${target}`, signal);
  const documents = [...record.binaries.flatMap(({ sbom, header }) => [sbom, header]), ...(record.provenance ?? [])];
  for (const path of documents.filter(one => one !== undefined))
    if (!existsSync(path)) log.warning(`${path} is named by the record, but it is not there`);
  const whole: LoadedRecord = { file: join(directory, outputFolder, 'release.json'), record };
  await saveRecord(whole);
  await writeSums(whole);
  log.info(`${record.binaries.length} binaries in ${whole.file}`);
  return whole;
}

/** Artifacts that are downloaded over each other lose records without a word. */
function assertWhole({ binaries }: ReleaseRecord, targets: readonly Target[]): void {
  const there = new Set(binaries.map(({ target }) => target));
  const missing = targets.map(target => formatTarget(canonicalTarget(target))).filter(target => !there.has(target));
  if (missing.length === 0) return;
  throw new SlipwayError('TARGET_MISSING', `no record has a binary for ${missing.join(', ')}`, {
    hint: 'Did every job upload its record? Those of several shards all are release.json: download each artifact into a folder of its own.',
  });
}

async function check(path: string, sha256: string, what: string, signal: AbortSignal): Promise<void> {
  const found = await sha256File(path, signal).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return log.warning(`${what} is not at ${path}`);
  if (found === sha256) return;
  throw new SlipwayError('BINARY_CHANGED', `${what}, ${path}, has the sha256 ${found}, its record says ${sha256}`, {
    hint: 'Download the artifacts of one run, each into the place its record names.',
  });
}
