import { join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { sha256File } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { type LoadedRecord, outputFolder, saveRecord } from '../../core/record/files.ts';
import { writeSums } from '../outputs/sums.ts';

/**
 * Writes the joined records of a matrix as one `release.json`. Every binary that is at hand must have the bytes that
 * its record says; one that is not is only reported: its job may have kept it.
 */
export async function mergeInto(directory: string, joined: LoadedRecord | undefined, signal: AbortSignal) {
  if (joined === undefined) {
    throw new SlipwayError('RECORD_MISSING', 'mode: merge needs the records of the jobs before', {
      hint: 'Set release to their paths or a glob, e.g. slipway-out/release-*.json.',
    });
  }
  for (const { path, sha256, target } of joined.record.binaries) {
    const found = await sha256File(path, signal).catch(error => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (found === undefined) log.warning(`the binary for ${target} is not at ${path}`);
    else if (found !== sha256) {
      throw new SlipwayError('BINARY_CHANGED', `${path} has the sha256 ${found}, its record says ${sha256}`, {
        hint: 'Download the artifacts of one run, each into the place its record names.',
      });
    }
  }
  const whole: LoadedRecord = { file: join(directory, outputFolder, 'release.json'), record: joined.record };
  await saveRecord(whole);
  await writeSums(whole);
  log.info(`${whole.record.binaries.length} binaries in ${whole.file}`);
  return whole;
}
