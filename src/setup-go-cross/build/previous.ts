import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { loadRecords } from '../../core/record/files.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';

/**
 * The record of the release before, for the comparison of sizes. Where there is none (the first release, an artifact
 * that is gone) the build goes on without the comparison; one that is no record is an error.
 */
export async function previousRelease(path: string | undefined, directory: string): Promise<ReleaseRecord | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await loadRecords([path], directory))?.record;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'RECORD_MISSING') throw error;
    log.warning(`previous-release: ${error.message}; the summary does not compare sizes`);
    return undefined;
  }
}
