import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { log } from '../core/log.ts';
import { beginRecord, ownRecordFile } from '../core/record/begin.ts';
import type { LoadedRecord } from '../core/record/files.ts';

/**
 * The record to close where no step before gave one: the repository's name, version and commit as git knows them.
 * Undefined outside a repository, because nothing is known of a release there, and where a record is there already that
 * the user did not name: it holds the evidence of other steps.
 */
export async function ownRecord(directory: string, signal: AbortSignal): Promise<LoadedRecord | undefined> {
  const file = ownRecordFile(directory);
  if (existsSync(file)) {
    log.info(`${file} is left as it is: to close it with this verdict, name it in the input "release"`);
    return undefined;
  }
  const { releaseVersion } = await import('../core/version.ts');
  const { version, source, commit, commitTime } = await releaseVersion({ directory, signal });
  if (source === 'none') return undefined;
  const name = basename(process.env['GITHUB_REPOSITORY'] || directory);
  return beginRecord(directory, { name, version, commit, commitTime });
}
