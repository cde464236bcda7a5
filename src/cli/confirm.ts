import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { readConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import { planChain } from '../release/chain.ts';
import { isStored } from '../release/modes.ts';
import type { Request } from '../release/request.ts';
import type { Call } from './call.ts';

const changing: readonly Request['mode'][] = [
  'release',
  'deploy',
  'rollback',
  'promote',
  'resume',
  'abort',
  'pause',
  'bootstrap',
];

/**
 * Says what will be changed, and asks, where somebody is there to answer.
 *
 * @throws SlipwayError NOT_CONFIRMED
 */
export async function confirm(request: Request, { terminal, interactive, signal }: Call): Promise<void> {
  if (!interactive || !changing.includes(request.mode)) return;
  const file = await readConfigFile(resolve(request.directory, request.config), request.environment);
  const links = planChain(file, { ...request, stored: isStored(request) });
  if (!links.some(({ action }) => action.startsWith('deploy-'))) return;
  const place = file.environment === undefined ? '' : ` to ${file.environment}`;
  const version = request.version === undefined ? '' : ` ${request.version}`;
  terminal.say(`${request.mode}${version}${place}: ${links.map(({ title }) => title).join(', ')}`);
  if (/^y(es)?$/i.test(await ask('Go on? [y/N] ', signal))) return;
  throw new SlipwayError('NOT_CONFIRMED', 'not confirmed', { hint: 'Nothing was begun. --yes asks nothing.' });
}

/** One line of an answer; empty when the input has ended. */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const closed = new Promise<string>(done => reader.once('close', () => done('')));
    return (await Promise.race([reader.question(question, { signal }), closed])).trim();
  } finally {
    reader.close();
  }
}
