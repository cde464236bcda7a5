import { join } from 'node:path';
import { writeAtomic } from '../core/files.ts';
import { type LoadedRecord, outputFolder } from '../core/record/files.ts';
import { renderReport } from '../core/report/html.ts';
import { reportPart } from '../core/report/part.ts';
import { timeline } from '../core/summary.ts';
import type { Done } from './links.ts';

/** The summary's picture of what was done when. */
export function summaryOf(done: readonly Done[]): string {
  return timeline('The chain', spansOf(done));
}

/** Writes the HTML report. @returns its path */
export async function writeReport(loaded: LoadedRecord, done: readonly Done[], directory: string): Promise<string> {
  const page = join(directory, outputFolder, 'report.html');
  await writeAtomic(page, renderReport([await reportPart(loaded, { spans: spansOf(done) })]));
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
