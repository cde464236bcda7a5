import { isDeepStrictEqual } from 'node:util';
import { log } from '../../core/log.ts';
import { type LoadedRecord, saveRecord } from '../../core/record/files.ts';
import type { Override } from '../../core/record/schema.ts';
import type { Surroundings } from '../surroundings.ts';

/** A rule that is set aside is said, in the log and in the summary. */
export async function sayOverride(
  { by, what, place, reason }: Override,
  { summary }: Pick<Surroundings, 'summary'>,
): Promise<void> {
  const said = `${by} sets aside ${what} (${place}), because: ${reason}`.replaceAll(/\s+/g, ' ');
  log.warning(said);
  await summary(`> [!WARNING]\n> ${said}`);
}

/** Writes it into the record, once. @returns the record as it is now: whoever goes on with it has to be given this one */
export async function writeOverride(override: Override, { file, record }: LoadedRecord): Promise<LoadedRecord> {
  const { overrides = [] } = record;
  if (overrides.some(one => isDeepStrictEqual(one, override))) return { file, record };
  const written = { file, record: { ...record, overrides: [...overrides, override] } };
  await saveRecord(written);
  return written;
}
