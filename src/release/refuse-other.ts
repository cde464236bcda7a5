import { SlipwayError } from '../core/errors.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import type { Records } from '../core/records/records.ts';
import { difference } from '../core/records/same.ts';

/**
 * Refuses to go on with a version that is kept with other binaries, before an image of them is pushed: its tags would
 * have moved by the time that the records refuse it.
 *
 * @throws SlipwayError RELEASE_EXISTS
 */
export async function refuseOther(records: Records, built: ReleaseRecord): Promise<void> {
  const kept = await records.record(built.version);
  const what = kept && difference({ ...kept, images: [] }, { ...built, images: [] });
  if (what === undefined) return;
  throw new SlipwayError('RELEASE_EXISTS', `${records.place} keeps another ${built.version}: ${what}`, {
    hint: 'Nothing was pushed or deployed. A version is released once: raise it, or build it from the same commit.',
  });
}
