import { resolve } from 'node:path';
import { readConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import { writeAtomic } from '../core/files.ts';
import { type LoadedRecord, loadRecords, outputFolder } from '../core/record/files.ts';
import { renderReport } from '../core/report/html.ts';
import { reportPart } from '../core/report/part.ts';
import { schemas } from '../release/definitions.ts';
import { openStored } from '../release/stored.ts';
import type { Call } from './call.ts';
import { requestOf } from './chain.ts';
import { environmentOf } from './environment.ts';
import { exitCodes } from './exit-codes.ts';

/** `slipway report`: the HTML page of one release. @returns the exit code */
export async function report(call: Call): Promise<number> {
  const { given, directory, terminal, document } = call;
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
  const { given, directory, env, signal } = call;
  const version = given.text('version');
  if (version !== undefined) {
    const request = requestOf('status', call);
    const config = await readConfigFile(resolve(directory, request.config), request.environment);
    using records = await openStored(request, config, { schemas, env: environmentOf(env), signal });
    if (records !== undefined) return records.get(version, directory);
    throw new SlipwayError('RECORDS_MISSING', `${version}: nothing says where releases are kept`, {
      hint: 'Write `records: oci` (or folder, git) into slipway.yml, or give --records.',
    });
  }
  const paths = given.list('release').length > 0 ? given.list('release') : [`${outputFolder}/release*.json`];
  const loaded = await loadRecords(paths, directory);
  if (loaded !== undefined) return loaded;
  throw new SlipwayError('RECORD_MISSING', 'there is no release record here', {
    hint: `Give --release or --version, or run this where ${outputFolder}/ is.`,
  });
}
