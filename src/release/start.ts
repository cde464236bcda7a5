import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ActionName } from '../core/action-names.ts';
import { readFileCommands } from './runner-files.ts';

/** How one action's process ended. */
export interface Ended {
  readonly name: ActionName;
  /** 0 is success; a process ended by a signal has 1. */
  readonly code: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** What its post step needs. */
  readonly state: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
}

export interface StartOptions {
  /** The folder that holds `NAME/index.js`. */
  readonly dist: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** The environment; inputs, outputs and state of others are taken out of it. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** State of the main step: runs the post step instead. */
  readonly post?: Readonly<Record<string, string>>;
  /** Gets what it prints, whole lines. */
  readonly onOutput?: (chunk: string) => void;
}

/**
 * Runs the bundle of one action in a process of its own, with the environment that a runner gives an action.
 * Cancellation is passed on as a runner does it: SIGINT, SIGTERM 7.5 s later, SIGKILL 2.5 s after that.
 */
export async function startAction(name: ActionName, options: StartOptions): Promise<Ended> {
  const started = Date.now();
  const folder = await mkdtemp(join(options.env['RUNNER_TEMP'] || tmpdir(), 'slipway-step-'));
  const [output, state] = [join(folder, 'output'), join(folder, 'state')];
  try {
    await Promise.all([writeFile(output, '', { mode: 0o600 }), writeFile(state, '', { mode: 0o600 })]);
    const env = environment(options, output, state);
    const code = await ended(join(options.dist, name, 'index.js'), env, options);
    const [outputs, saved] = await Promise.all([readFileCommands(output), readFileCommands(state)]);
    return { name, code, outputs, state: saved, started, ended: Date.now() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function environment(options: StartOptions, output: string, state: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(options.env).filter(([key]) => !/^(INPUT|STATE)_/.test(key));
  const inputs = Object.entries(options.inputs).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value]);
  const states = Object.entries(options.post ?? {}).map(([key, value]) => [`STATE_${key}`, value]);
  return Object.fromEntries([...inherited, ...inputs, ...states, ['GITHUB_OUTPUT', output], ['GITHUB_STATE', state]]);
}

/** Milliseconds after SIGINT. */
const [termAfter, killAfter] = [7500, 10_000];

function ended(main: string, env: NodeJS.ProcessEnv, { signal, onOutput }: StartOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main], {
      env,
      stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      // In a group of its own: a terminal's Ctrl-C reaches a whole group, and a second SIGINT would mean "at once".
      detached: process.platform !== 'win32',
    });
    for (const stream of [child.stdout, child.stderr]) if (stream && onOutput) byLine(stream, onOutput);
    const timers: NodeJS.Timeout[] = [];
    const cancel = () => {
      child.kill('SIGINT');
      timers.push(
        setTimeout(() => child.kill('SIGTERM'), termAfter),
        setTimeout(() => killGroup(child), killAfter),
      );
    };
    const orphan = () => child.kill('SIGTERM'); // when we have to end at once, so has the child
    const settle = () => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      process.off('exit', orphan);
    };
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    process.once('exit', orphan);
    child.once('error', error => {
      settle();
      reject(error);
    });
    child.once('close', code => {
      settle();
      resolve(code ?? 1);
    });
  });
}

/** Whole lines: two streams come in turns, and half a line that names a secret must not be joined with another's half. */
function byLine(stream: Readable, onOutput: (chunk: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const end = chunk.lastIndexOf('\n') + 1;
    if (end > 0) onOutput(rest + chunk.slice(0, end));
    rest = end > 0 ? chunk.slice(end) : rest + chunk;
  });
  stream.on('end', () => {
    if (rest !== '') onOutput(`${rest}\n`);
  });
}

/** Ends the child and whatever it started: a pipe that one of them holds open would be waited for. */
function killGroup(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // already gone
  }
}
