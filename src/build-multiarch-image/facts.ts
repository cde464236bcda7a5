import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { LoadedRecord } from '../core/record/files.ts';

/** Seconds since 1970 that the image is said to be made at: the commit's time, never the clock's. */
export function epochOf(commitTime: string | undefined, env: NodeJS.ProcessEnv): number {
  const given = env['SOURCE_DATE_EPOCH'];
  if (commitTime !== undefined) return Math.floor(Date.parse(commitTime) / 1000);
  if (given !== undefined && /^\d{1,11}$/.test(given)) return Number(given);
  log.info('no commit time is known (no record, no SOURCE_DATE_EPOCH): the image is dated 1970-01-01');
  return 0;
}

/** Until versions come from git here too, a record is needed. */
export async function recordOf(directory: string): Promise<LoadedRecord> {
  throw new SlipwayError('RECORD_MISSING', `input "release" is missing: no record is known in ${directory}`, {
    hint: 'Give the output `release` of setup-go-cross.',
  });
}
