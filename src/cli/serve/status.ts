import { existsSync } from 'node:fs';
import { SlipwayError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { exitCodes } from '../exit-codes.ts';
import { Queue } from './queue.ts';
import { nameOf } from './wanted.ts';

/** Pushes that are shown. */
const shown = 20;

/** `slipway serve --status`: the last pushes and how they stand, also while a server runs. @returns the exit code */
export async function status(folder: string, { terminal, document, given }: Call): Promise<number> {
  if (!existsSync(folder))
    throw new SlipwayError('STATE_MISSING', `${folder} is no folder of a server`, {
      hint: 'Give --state what the server has, or -C the folder that it was started in.',
    });
  const queue = await Queue.read(folder);
  const jobs = queue.jobs.slice(-shown).map(job => {
    const log = queue.logOf(job.id);
    return { ...job, ...(existsSync(log) && { log }) };
  });
  if (!given.has('json'))
    for (const { id, state, commit, why, log, ...of } of jobs)
      terminal.print([id, state.padEnd(12), nameOf(of), commit.slice(0, 12), why ?? log ?? ''].join('  ').trimEnd());
  if (jobs.length === 0) terminal.say('no push was accepted yet');
  document({ command: 'serve', code: exitCodes.done, pushes: jobs });
  return exitCodes.done;
}
