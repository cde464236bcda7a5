import { resolve } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { writeAtomic } from '../core/files.ts';
import { type LoadedRecord, loadRecords, outputFolder } from '../core/record/files.ts';
import { withDeeds } from '../core/report/deeds.ts';
import { renderReport } from '../core/report/html.ts';
import { reportPart } from '../core/report/part.ts';
import type { Call } from './call.ts';
import { exitCodes } from './exit-codes.ts';
import { history } from './history.ts';
import { openKept } from './kept.ts';

/** `slipway report`: the HTML page of one release, or with --history that of all. @returns the exit code */
export async function report(call: Call): Promise<number> {
  const { given, directory, terminal, document } = call;
  if (given.has('history')) return history(call);
  const loaded = await recordOf(call);
  const file = resolve(directory, given.text('output') ?? `${outputFolder}/report.html`);
  await writeAtomic(file, renderReport([await reportPart(loaded)]));
  const { name, version } = loaded.record;
  terminal.say(terminal.style(`✓ ${file}: ${name} ${version}`, 'green'));
  document({ command: 'report', code: exitCodes.done, report: file, name, version });
  return exitCodes.done;
}

/** The record that is named, the kept version that is named, or what the last run left here. */
async function recordOf(call: Call): Promise<LoadedRecord> {
  const { given, directory } = call;
  const version = given.text('version');
  if (version !== undefined) {
    using records = await openKept(call);
    const loaded = await records.get(version, directory);
    // it is kept as it was built; what was done with it since are entries
    return { ...loaded, record: withDeeds(loaded.record, await records.entries({ version })) };
  }
  const paths = given.list('release').length > 0 ? given.list('release') : [`${outputFolder}/release*.json`];
  const loaded = await loadRecords(paths, directory);
  if (loaded !== undefined) return loaded;
  throw new SlipwayError('RECORD_MISSING', 'there is no release record here', {
    hint: `Give --release or --version, or run this where ${outputFolder}/ is.`,
  });
}
