import { createHash } from 'node:crypto';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { type Finished, run } from '../core/process.ts';
import type { HostSession } from './host-session.ts';
import { shellWord } from './quote.ts';

/** Shell text of the user's, with what it is to know. */
export interface Script {
  /** For log and errors: `hook before-deploy`. */
  readonly name: string;
  readonly text: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly redact: (text: string) => string;
}

/** How a script ended. What it printed is in the log; here it has its hash. */
export interface ScriptRun {
  readonly place: string;
  readonly code: number;
  readonly outputSha256: string;
  /** Milliseconds. */
  readonly took: number;
}

/** The exit code of timeout(1) when the time was over. */
const timedOut = 124;

/**
 * Runs a script on the host as the user of the connection, never as root by the agent; or, without a host, on the runner.
 * It is sent to `sh` through standard input, and its variables with it: nothing of it stands in an argument vector.
 *
 * @throws SCRIPT_FAILED; the signal's reason
 */
export async function runScript(
  script: Script,
  host: HostSession | undefined,
  signal: AbortSignal,
): Promise<ScriptRun> {
  const place = host?.place ?? 'the runner';
  const began = Date.now();
  const hash = createHash('sha256');
  const onLine = (line: string) => {
    hash.update(`${line}\n`);
    log.info(`${place}: ${script.name}: ${script.redact(line)}`);
  };
  const code = host === undefined ? await here(script, onLine, signal) : await there(script, host, onLine, signal);
  const ended = { place, code, outputSha256: hash.digest('hex'), took: Date.now() - began };
  if (code === 0) return ended;
  const how = code === timedOut ? `took longer than ${script.timeout / 1000} s` : `ended with exit code ${code}`;
  throw new SlipwayError('SCRIPT_FAILED', `${script.name} on ${place} ${how}`, {
    hint: 'What it said is in the log above.',
    cause: ended,
  });
}

async function there(
  { text, environment, timeout }: Script,
  host: HostSession,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  // plain words: every login shell takes them alike. The host ends it in time, also when nobody listens any more
  const command = `timeout -k 5 ${Math.ceil(timeout / 1000)} /bin/sh -s`;
  return host.run(command, { input: exports.join('') + whole(text), timeout: timeout + 15_000, onLine, signal });
}

async function here(
  { text, environment, timeout }: Script,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  // the inputs of the action are among its variables, the private key too
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith('INPUT_'));
  const env = { ...Object.fromEntries(ours), ...environment };
  try {
    return (await run(['sh', '-s'], { input: whole(text), env, timeout, signal, onLine })).code;
  } catch (error) {
    if (!(error instanceof SlipwayError) || signal.aborted) throw error;
    if (error.code === 'DEADLINE') return timedOut;
    if (error.code === 'PROCESS_FAILED') return (error.cause as Finished).code;
    throw error;
  }
}

/** One command, which the shell reads to its end before it begins: what it starts cannot read the rest of it. */
function whole(text: string): string {
  return `{\n${text}\n} </dev/null\n`;
}
