import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { schemas } from '../release/definitions.ts';
import { judges, type Mode } from '../release/modes.ts';
import { perform, type Result } from '../release/perform.ts';
import { postSteps } from '../release/post.ts';
import type { Call } from './call.ts';
import { confirm } from './confirm.ts';
import { environmentOf } from './environment.ts';
import { codeOfResult, exitCodes } from './exit-codes.ts';
import { requestOf } from './request-of.ts';

/** A mode of the chain, from a terminal: the same `perform` that the root action calls. @returns the exit code */
export async function runChain(mode: Mode, call: Call): Promise<number> {
  const { terminal, signal, document } = call;
  const request = requestOf(mode, call);
  await confirm(request, call);
  const around = {
    dist: bundles(import.meta.dirname),
    env: environmentOf(call.env),
    signal,
    onOutput: (chunk: string) => terminal.fromAction(chunk),
  };
  const result = await perform(request, {
    ...around,
    schemas,
    summary: async () => {},
    onBegin: title => terminal.doing(title),
  });
  if (!signal.aborted) await postSteps(result.done, around);
  terminal.doing(undefined);
  const code = codeOfResult(result, signal.aborted);
  conclude({ ...result, verdict: judges(mode) ? result.verdict : undefined }, code, call);
  document({ command: mode, code, ...documentOf(result) });
  return code;
}

/** The folder of the actions' bundles: beside our own, or that of the checkout that this is run from. */
export function bundles(here: string): string {
  const beside = join(here, '..');
  return existsSync(join(beside, 'verify-health', 'index.js')) ? beside : join(here, '..', '..', 'dist');
}

type Ended = Pick<Result, 'done' | 'left' | 'version' | 'state'> & { readonly verdict: string | undefined };

function conclude({ done, left, version, verdict, state }: Ended, code: number, { terminal }: Call): void {
  if (left.length > 0) terminal.say(`not begun: ${left.join(', ')}`);
  const failed = done.find(one => one.code !== 0);
  const what = [...new Set([version, state, verdict])].filter(one => one !== undefined).join(', ');
  if (code === exitCodes.done) terminal.say(terminal.style(`✓ ${what || 'done'}`, 'green'));
  else
    terminal.say(
      terminal.style(`✗ ${failed?.title ?? 'not finished'}: ${what || 'failed'} (exit code ${code})`, 'red'),
    );
}

/** What `--json` shows; the state that post steps need is nobody's business. */
function documentOf({ done, ...result }: Result) {
  return {
    ...result,
    done: done.map(({ name, title, code, started, ended, outputs }) => ({
      name,
      title,
      code,
      started: new Date(started).toISOString(),
      ended: new Date(ended).toISOString(),
      outputs,
    })),
  };
}
