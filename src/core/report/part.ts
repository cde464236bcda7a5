import { type LoadedRecord, portable } from '../record/files.ts';
import type { ReleaseRecord } from '../record/schema.ts';
import type { Span } from '../summary.ts';
import { type Bill, readBills } from './bills.ts';

/** One release on the page: its record, and what is known beside it. */
export interface ReportPart {
  /** As it lies on disk: paths are relative to its folder. */
  readonly record: ReleaseRecord;
  /** What was done when; the bars of the timeline. */
  readonly spans: readonly Span[];
  /** The release before it, for the change of sizes. */
  readonly before?: ReleaseRecord | undefined;
  /** What its bills of materials list. */
  readonly bills?: readonly Bill[];
}

/** A loaded record with its bills of materials, ready for the page. */
export async function reportPart(
  loaded: LoadedRecord,
  more: { readonly spans?: readonly Span[]; readonly before?: ReleaseRecord | undefined } = {},
): Promise<ReportPart> {
  const { record } = loaded;
  return { record: portable(loaded), spans: more.spans ?? [], before: more.before, bills: await readBills(record) };
}
