import { join } from 'node:path';
import { writeAtomic } from '../core/files.ts';
import { type LoadedRecord, outputFolder } from '../core/record/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { renderReport } from '../core/report/html.ts';
import { reportPart } from '../core/report/part.ts';
import { renderShort } from '../core/report/short.ts';
import { timeline } from '../core/summary.ts';
import type { Done } from './links.ts';

/** The summary: the report in short; without a record, what was done when. */
export async function summaryOf(done: readonly Done[], loaded: LoadedRecord | undefined): Promise<string> {
  const spans = spansOf(done);
  return loaded === undefined ? timeline('The chain', spans) : renderShort(await reportPart(loaded, { spans }));
}

/**
 * Writes the HTML report.
 *
 * @param before the release before it, for the change of sizes
 * @returns its path
 */
export async function writeReport(
  loaded: LoadedRecord,
  done: readonly Done[],
  directory: string,
  before: ReleaseRecord | undefined,
): Promise<string> {
  const page = join(directory, outputFolder, 'report.html');
  await writeAtomic(page, renderReport([await reportPart(loaded, { spans: spansOf(done), before })]));
  return page;
}

function spansOf(done: readonly Done[]) {
  return done.map(({ title, started, ended, code }) => ({
    name: title,
    start: started,
    end: ended,
    failed: code !== 0,
  }));
}
