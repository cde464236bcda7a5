import { SlipwayError } from '../errors.ts';
import { log } from '../log.ts';
import { loadRecords } from './files.ts';
import type { ReleaseRecord } from './schema.ts';

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
