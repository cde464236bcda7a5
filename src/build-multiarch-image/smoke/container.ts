import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { SlipwayError } from '../../core/errors.ts';
import { hostOf, portOf } from '../../core/health/check.ts';
import { gate, type NetworkCheck } from '../../core/health/index.ts';
import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { formatDuration } from '../../core/units.ts';
import type { Runtime } from './runtime.ts';

interface Options {
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Starts the image and throws unless it ends with code 0 in time. */
export async function commandEnds(runtime: Runtime, argv: readonly string[], options: Options): Promise<void> {
  const what = ['run', ...argv].join(' ');
  await using container = await startContainer(runtime, argv, options);
  const code = await container.ended;
  options.signal.throwIfAborted();
  if (code === 0) return log.info(`smoke: "${what}" ended with code 0`);
  const how = code === 'late' ? `did not end within ${formatDuration(options.timeout)}` : `ended with code ${code}`;
  throw smokeFailed(`"${what}" ${how}`, container.lines);
}

/** Starts the image and throws unless all checks pass in time, and before it ends. */
export async function serves(runtime: Runtime, checks: readonly NetworkCheck[], options: Options): Promise<void> {
  await mustBeFree(checks);
  await using container = await startContainer(runtime, [], options);
  const over = new AbortController();
  const gone = container.ended.then(code => {
    over.abort();
    return code;
  });
  const signal = AbortSignal.any([options.signal, over.signal]);
  const result = await gate(checks, { deadline: options.timeout, signal }).catch(async error => {
    options.signal.throwIfAborted();
    if (!over.signal.aborted) throw error;
    throw smokeFailed(`the image ended with code ${await gone} before its checks passed`, container.lines);
  });
  for (const { check, verdict, detail } of result.checks) log.info(`smoke: ${check.name}: ${verdict}, ${detail}`);
  if (result.verdict === 'passed') return;
  const bad = result.checks.filter(one => one.verdict !== 'passed').map(one => `${one.check.name}: ${one.detail}`);
  throw smokeFailed(bad.join('; '), container.lines);
}

interface Container extends AsyncDisposable {
  /** What it printed so far. */
  readonly lines: readonly string[];
  /** Its exit code, or `late` when it was ended at its time limit. Never rejects. */
  readonly ended: Promise<number | 'late'>;
}

async function startContainer(
  runtime: Runtime,
  argv: readonly string[],
  { env, timeout, signal }: Options,
): Promise<Container> {
  const id = `slipway-smoke-${randomUUID().slice(0, 8)}`;
  const lines: string[] = [];
  const started = await runtime.start(id, argv, env);
  const stop = new AbortController();
  const ended = run(started.argv, {
    env: started.env,
    cwd: started.cwd,
    // Longer than the gate, which ends with a reason.
    timeout: timeout + 1000,
    signal: AbortSignal.any([signal, stop.signal]),
    onLine: line => {
      lines.push(line);
      log.info(`| ${line}`);
    },
  }).then(
    finished => finished.code,
    error => {
      const code = error instanceof SlipwayError ? (error.cause as { code?: number } | undefined)?.code : undefined;
      if (code === undefined && !signal.aborted && !stop.signal.aborted && !isLate(error)) lines.push(String(error));
      return code ?? ('late' as const);
    },
  );
  return {
    lines,
    ended,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new SlipwayError('SMOKE_OVER', 'the test is over'));
      await runtime.remove(id);
      await ended;
    },
  };
}

function isLate(error: unknown): boolean {
  return error instanceof SlipwayError && error.code === 'DEADLINE';
}

/** What listens there already would answer instead of the image. */
async function mustBeFree(checks: readonly NetworkCheck[]): Promise<void> {
  for (const check of checks) {
    const [host, port] = check.kind === 'http' ? [hostOf(check.url), portOf(check.url)] : [check.host, check.port];
    const taken = await new Promise<boolean>(resolve => {
      const socket = connect({ host, port, timeout: 1000 });
      const done = (answer: boolean) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
      socket.once('timeout', () => done(false));
    });
    if (!taken) continue;
    throw new SlipwayError('SMOKE_PORT_TAKEN', `something on this machine listens on ${host}:${port} already`, {
      hint: 'Stop it before this step, or let the image listen on another port (smoke-env).',
    });
  }
}

const shown = 30;

function smokeFailed(what: string, lines: readonly string[]): SlipwayError {
  const output = lines.length === 0 ? ['It printed nothing.'] : ['It printed:', ...lines.slice(-shown)];
  return new SlipwayError('SMOKE_FAILED', [`the smoke test failed: ${what}`, ...output].join('\n'), {
    hint: 'No tag was written; the image is in the registry by its digest only.',
  });
}
