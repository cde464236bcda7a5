import { basename } from 'node:path';
import { readIfThere } from '../core/files.ts';
import { log } from '../core/log.ts';
import { beginRecord, ownRecordFile } from '../core/record/begin.ts';
import { type LoadedRecord, loadRecords } from '../core/record/files.ts';
import { releaseVersion } from '../core/version.ts';

/** Seconds since 1970 that the image is said to be made at: the commit's time, never the clock's. */
export function epochOf(commitTime: string | undefined, env: NodeJS.ProcessEnv): number {
  const given = env['SOURCE_DATE_EPOCH'];
  if (commitTime !== undefined) return Math.floor(Date.parse(commitTime) / 1000);
  if (given !== undefined && /^\d{1,11}$/.test(given)) return Number(given);
  log.info('no commit time is known (no repository, no SOURCE_DATE_EPOCH): the image is dated 1970-01-01');
  return 0;
}

/**
 * The record where no step before wrote one: the repository's name, version and commit as git knows them. A record of
 * this very release that is already there is carried on, any other is replaced.
 */
export async function recordOf(directory: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<LoadedRecord> {
  const runTag = env['GITHUB_REF_TYPE'] === 'tag' ? env['GITHUB_REF_NAME'] : undefined;
  const { version, commit, commitTime, source } = await releaseVersion({
    directory,
    signal,
    ...(runTag === undefined ? {} : { runTag }),
  });
  if (source === 'none') log.warning(`no version is known: ${directory} is in no git repository; it is ${version}`);
  const name = basename(env['GITHUB_REPOSITORY'] || directory).toLowerCase() || 'image';
  const file = ownRecordFile(directory);
  if ((await readIfThere(file)) !== undefined) {
    const found = (await loadRecords([file], directory))!;
    const same = found.record.name === name && found.record.version === version && found.record.commit === commit;
    if (same) return found;
  }
  return beginRecord(directory, { name, version, commit, commitTime });
}
