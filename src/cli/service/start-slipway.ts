import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { SlipwayError } from '../../core/errors.ts';
import { type Process, processOf } from './who-lives.ts';

/** Milliseconds in which a chain that is cancelled has ended its actions. */
export const patience = 15_000;

export interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The file that gets everything it says. Default: it says it where we do. */
  readonly log?: string;
  /** Milliseconds that it has to end by itself when it is cancelled. Default: `patience`. */
  readonly patience?: number;
  /** Called once it runs. */
  readonly onStart?: (started: Process) => Promise<void>;
}

/**
 * Runs a command of slipway in a process of its own: what a release needs is loaded there, and gone with it. Cancelling
 * interrupts it as Ctrl-C does, so that the old release or the new one serves.
 *
 * @returns its exit code
 */
export async function startSlipway(args: readonly string[], options: StartOptions): Promise<number> {
  await using log = options.log === undefined ? undefined : await open(options.log, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    env: options.env,
    stdio: ['ignore', log?.fd ?? 'inherit', log?.fd ?? 'inherit'],
    // In a group of its own: a terminal's Ctrl-C reaches a whole group, and a second SIGINT would mean "at once".
    detached: process.platform !== 'win32',
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', error => reject(new SlipwayError('PROGRAM_MISSING', error.message, { cause: error })));
    child.once('close', code => resolve(code ?? 1));
  });
  ended.catch(() => undefined); // awaited below
  let hard: NodeJS.Timeout | undefined;
  const cancel = () => {
    child.kill('SIGINT');
    hard = setTimeout(() => child.kill('SIGKILL'), options.patience ?? patience);
  };
  if (options.signal.aborted) cancel();
  options.signal.addEventListener('abort', cancel, { once: true });
  try {
    if (child.pid !== undefined) await options.onStart?.(await processOf(child.pid));
    return await ended;
  } finally {
    clearTimeout(hard);
    options.signal.removeEventListener('abort', cancel);
  }
}
