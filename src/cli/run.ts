import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cancellation } from '../core/cancel.ts';
import { describe, messageOf, SlipwayError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';
import type { Command } from './call.ts';
import { commonOptions } from './commands/options.ts';
import { commands } from './commands.ts';
import { codeOfError } from './exit-codes.ts';
import { commandHelp, generalHelp } from './help.ts';
import { misuse, readOptions } from './options.ts';
import { takeOutput } from './take-output.ts';
import { Terminal } from './terminal.ts';

/** `slipway …`: finds the command, runs it, and says how it ended. @returns the exit code */
export async function runCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [name, ...rest] = args;
  const output = takeOutput();
  const terminal = new Terminal({ stdout: output.stdout, stderr: process.stderr }, env, rest.includes('--verbose'));
  output.to(chunk => terminal.fromAction(chunk));
  const { signal, release } = cancellation(code => {
    terminal.doing(undefined);
    process.exit(code);
  });
  signal.addEventListener('abort', () => terminal.say(terminal.style(interrupted, 'yellow')), { once: true });
  const json = rest.includes('--json');
  const document = (data: unknown) => {
    if (json) terminal.print(JSON.stringify(data, null, 2));
  };
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      terminal.print(generalHelp());
      return name === undefined ? 2 : 0;
    }
    if (name === '--version') {
      terminal.print(await ownVersion(import.meta.dirname));
      return 0;
    }
    const command = find(name);
    const given = readOptions(rest, [...command.options, ...commonOptions], command.name);
    if (given.has('help')) {
      terminal.print(commandHelp(command));
      return 0;
    }
    const interactive = process.stdin.isTTY === true && process.stderr.isTTY === true && !json && !given.has('yes');
    const directory = resolve(given.text('directory') ?? '.');
    return await command.run({ given, terminal, directory, env, signal, interactive, document });
  } catch (error) {
    terminal.doing(undefined);
    terminal.say(terminal.style(`error: ${describe(error)}`, 'red'));
    document({ command: name, error: errorOf(error) });
    return codeOfError(error, signal.aborted);
  } finally {
    terminal.doing(undefined);
    release();
    output.giveBack();
  }
}

const interrupted = [
  'Interrupted: what was begun is ended or taken back, so that the old release or the new one serves.',
  'Ctrl-C again ends at once: hosts then go back by themselves; of a rollout on a cluster, `slipway abort` does it.',
].join('\n');

function find(name: string): Command {
  const found = commands.find(one => one.name === name);
  if (found !== undefined) return found;
  const names = commands.map(one => one.name);
  throw misuse(`there is no command "${name}"${didYouMean(name, names)}`, `There are ${names.join(', ')}.`);
}

export function errorOf(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof SlipwayError)) return { code: 'FAILED', message: messageOf(error) };
  return { code: error.code, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}

/** Of the package that this is run from. */
async function ownVersion(here: string): Promise<string> {
  const text = await readFile(join(here, '..', '..', 'package.json'), 'utf8');
  return `slipway ${(JSON.parse(text) as { version: string }).version}, Node ${process.versions.node}`;
}
