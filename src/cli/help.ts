import type { Command } from './call.ts';
import { commonOptions } from './commands/options.ts';
import { commands } from './commands.ts';
import { meanings } from './exit-codes.ts';
import type { Option } from './options.ts';

/** `slipway --help`. */
export function generalHelp(): string {
  return [
    'slipway COMMAND [options]: takes a Go program from a commit to a verified release.',
    '',
    'Commands',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Options of every command',
    ...columns(commonOptions.map(optionRow)),
    '',
    'Exit codes',
    ...columns(Object.entries(meanings).map(([code, meaning]) => [code, meaning])),
    '',
    'slipway COMMAND --help shows the options of a command, with examples.',
    'A file such as .env is not read by itself; secrets come from the environment, as slipway.yml names them.',
  ].join('\n');
}

/** `slipway COMMAND --help`. */
export function commandHelp({ name, summary, options, examples }: Command): string {
  return [
    `slipway ${name} [options]: ${summary}.`,
    '',
    'Options',
    ...columns([...options, ...commonOptions].map(optionRow)),
    '',
    'Examples',
    ...columns(examples.map(([command, what]) => [command, what])),
  ].join('\n');
}

function optionRow({ name, short, value, help }: Option): [string, string] {
  return [`${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`, help];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`.trimEnd());
}
