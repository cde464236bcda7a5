import { resolve } from 'node:path';
import { readConfigFile } from '../../core/config-file.ts';
import { describe, SlipwayError } from '../../core/errors.ts';
import { planChain } from '../../release/chain.ts';
import { checkLinks } from '../../release/check.ts';
import { schemas } from '../../release/definitions.ts';
import type { Call } from '../call.ts';
import { environmentOf } from '../environment.ts';
import { codeOfError, exitCodes } from '../exit-codes.ts';
import { misuse } from '../options.ts';
import { hostLogs } from './hosts.ts';
import { podLogs } from './pods.ts';

/** The last lines of one process of the service. */
export interface Lines {
  /** `deploy@web1`, or `pod hello-5d8f7 (app)`. */
  readonly place: string;
  readonly lines: readonly string[];
  /** Why there are none. */
  readonly problem?: unknown;
}

/** `slipway logs`: what the service says, on every host and in every pod of slipway.yml. @returns the exit code */
export async function logs(call: Call): Promise<number> {
  const { given, directory, terminal, signal, document } = call;
  const count = countOf(given.text('lines') ?? '50');
  const file = await readConfigFile(
    resolve(directory, given.text('config') ?? 'slipway.yml'),
    given.text('environment'),
  );
  const links = planChain(file, { mode: 'status', stored: true, deployment: given.text('deployment') });
  if (links.length === 0)
    throw new SlipwayError('CONFIG_EMPTY', `${file.file} deploys nothing`, { hint: 'Give it a section deploy.' });
  const places: Lines[] = [];
  for (const { action, title, inputs } of await checkLinks(links, schemas, environmentOf(call.env), directory)) {
    terminal.doing(title);
    const read = action === 'deploy-ssh-systemd' ? hostLogs : podLogs;
    places.push(...(await read(inputs, count, call.env, signal)));
  }
  terminal.doing(undefined);
  signal.throwIfAborted();
  for (const place of places) show(place, call);
  const problems = places.flatMap(({ problem }) => problem ?? []);
  const code = problems.length === 0 ? exitCodes.done : codeOfError(problems[0], false);
  document({
    command: 'logs',
    code,
    places: places.map(({ problem, ...one }) => ({
      ...one,
      ...(problem !== undefined && { problem: describe(problem) }),
    })),
  });
  return code;
}

function show({ place, lines, problem }: Lines, { terminal, given }: Call): void {
  terminal.say(terminal.style(`── ${place}`, 'bold'));
  if (problem !== undefined) terminal.say(terminal.style(`error: ${describe(problem)}`, 'red'));
  else if (lines.length === 0) terminal.say('nothing yet');
  if (!given.has('json')) for (const line of lines) terminal.print(line);
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  throw misuse(`--lines is "${text}"`, 'Give a number from 1 to 10000.');
}
