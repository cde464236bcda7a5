import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { deadline } from './deadline.ts';
import { SlipwayError } from './errors.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; default: ours. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
  /** Milliseconds until the child and its process group are ended. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Milliseconds that the group has to end by itself, before it is killed. Default 2000. */
  readonly grace?: number;
  /** Called with each whole line as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Called once with the child's process id. */
  readonly onStart?: (pid: number) => void;
  /** Exit codes besides 0 that are no failure. */
  readonly accept?: readonly number[];
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const usualGrace = 2000;

/**
 * Runs one program by its argument vector, never through a shell. It succeeded when its exit code is 0 (or accepted):
 * not when stderr is empty, and a missing exit code is a failure.
 */
export async function run(argv: readonly [string, ...string[]], options: RunOptions): Promise<Finished> {
  using limited = deadline(options.timeout, `${argv[0]} ${argv[1] ?? ''}`.trim(), options.signal);
  limited.throwIfAborted();
  const group = process.platform !== 'win32';
  const child = spawn(argv[0], argv.slice(1), {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: group,
    windowsHide: true,
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (group && child.pid !== undefined) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // already gone
    }
  };
  let hard: NodeJS.Timeout | undefined;
  const stop = () => {
    kill('SIGTERM');
    hard = setTimeout(() => {
      kill('SIGKILL');
      for (const stream of [child.stdout, child.stderr]) stream.destroy(); // what left the group may hold them open for ever
    }, options.grace ?? usualGrace);
  };
  limited.addEventListener('abort', stop, { once: true });
  const [stdout, stderr] = [collect(child.stdout, 'stdout', options), collect(child.stderr, 'stderr', options)];
  child.stdin.on('error', () => undefined); // a child that does not read its input says so by its exit code
  child.stdin.end(options.input ?? '');
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (limited.aborted) throw limited.reason;
    const finished = { code: code ?? -1, stdout: stdout(), stderr: stderr() };
    if (code === null || (code !== 0 && !options.accept?.includes(code))) throw failed(argv, finished);
    return finished;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      if (options.cwd !== undefined && !existsSync(options.cwd))
        throw new SlipwayError(
          'FOLDER_MISSING',
          `${argv[0]} cannot be started in ${options.cwd}: there is no such folder`,
          {
            hint: 'Look at the input `working-directory`.',
            cause: error,
          },
        );
      throw new SlipwayError('PROGRAM_MISSING', `${argv[0]} cannot be started: there is no such program`, {
        hint: `Install ${argv[0]} or put its folder on PATH.`,
        cause: error,
      });
    }
    throw error;
  } finally {
    clearTimeout(hard);
    limited.removeEventListener('abort', stop);
  }
}

function collect(stream: NodeJS.ReadableStream, name: 'stdout' | 'stderr', options: RunOptions): () => string {
  const chunks: string[] = [];
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    chunks.push(chunk);
    if (options.onLine === undefined) return;
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const line of parts) options.onLine(line, name);
  });
  stream.on('end', () => {
    if (rest !== '') options.onLine?.(rest, name);
  });
  return () => chunks.join('');
}

function failed(argv: readonly string[], finished: Finished): SlipwayError {
  const tail = (finished.stderr.trim() || finished.stdout.trim()).split('\n').slice(-20).join('\n');
  const how = finished.code === -1 ? 'ended by a signal' : `exited with code ${finished.code}`;
  return new SlipwayError('PROCESS_FAILED', `${argv.slice(0, 3).join(' ')} ${how}${tail === '' ? '' : `: ${tail}`}`, {
    cause: finished,
  });
}
