import { resolve } from 'node:path';
import pMap from 'p-map';
import { writeAtomic } from '../core/files.ts';
import { outputFolder } from '../core/record/files.ts';
import { renderHistory } from '../core/report/history/history.ts';
import type { Call } from './call.ts';
import { exitCodes } from './exit-codes.ts';
import { openKept } from './kept.ts';

/** Releases whose sizes are shown. */
const most = 50;

/** `slipway report --history`: what was deployed when, from all that is kept. @returns the exit code */
export async function history(call: Call): Promise<number> {
  const { given, directory, terminal, document } = call;
  using records = await openKept(call);
  const environment = given.text('environment');
  const [entries, kept] = await Promise.all([
    records.entries(environment === undefined ? {} : { environment }),
    records.releases(),
  ]);
  const found = await pMap(kept.slice(0, most), ({ version }) => records.record(version), { concurrency: 4 });
  const releases = found.filter(one => one !== undefined);
  const { html, data } = renderHistory(entries, releases);
  const file = resolve(directory, given.text('output') ?? `${outputFolder}/history.html`);
  await writeAtomic(file, html);
  const counted = { entries: entries.length, releases: releases.length };
  terminal.say(terminal.style(`✓ ${file}: ${counted.entries} entries, ${counted.releases} releases`, 'green'));
  document({ command: 'report', code: exitCodes.done, report: file, ...counted, ...data });
  return exitCodes.done;
}
