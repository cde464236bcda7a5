import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { saveRecord } from '../core/record/files.ts';
import type { Done } from './clusters/done.ts';
import { placeOf } from './clusters/place.ts';
import { summaryOf } from './clusters/summary.ts';
import { clustersOutput, failureOf, worst } from './clusters/verdict.ts';
import type { definition } from './inputs.ts';
import { withDeployments } from './record.ts';
import { titleOf } from './target.ts';

/** Writes down how it ended, in outputs, record and summary; then fails when it failed. */
export async function conclude(
  { record, output, summary, signal, inputs }: Context<typeof definition.inputs>,
  done: readonly Done[],
): Promise<void> {
  output('state', worst(done));
  output('previous', done[0]!.outcome.previous);
  output('changed', String(done.some(({ outcome }) => outcome.changed)));
  output('clusters', clustersOutput(done));
  if (inputs.mode === 'status') {
    if (record !== undefined) output('release', record.file);
  } else {
    const updated = withDeployments(record, done);
    await saveRecord(updated);
    output('release', updated.file);
  }
  await summary(summaryOf(done));
  const error = failureOf(done, signal);
  for (const { site, outcome } of done)
    if (done.length > 1 || error === undefined) log.info(`${titleOf(outcome)} in ${placeOf(site)}: ${outcome.state}`);
  if (error !== undefined) throw error;
}
