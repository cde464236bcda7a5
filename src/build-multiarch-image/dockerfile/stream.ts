import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { buildFailed, readBuildah, readBuildx } from './failure.ts';
import type { Job } from './job.ts';

/** Hours that one build may take; the job's own limit is usually shorter. */
const longest = 4 * 3_600_000;

/** Runs an engine and passes on what it prints, line by line; a failure names the step. */
export async function stream(
  { kind, program }: Job['engine'],
  argv: readonly string[],
  options: { readonly directory: string; readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  const lines: string[] = [];
  try {
    await run([...program, ...argv], {
      cwd: options.directory,
      env: options.env,
      timeout: longest,
      signal: options.signal,
      onLine: line => {
        lines.push(line.trimEnd());
        // The bar keeps a line of a build from being a command to the runner.
        if (line.trim() !== '') log.info(`| ${line.trimEnd()}`);
      },
    });
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof SlipwayError) || error.code !== 'PROCESS_FAILED') throw error;
    throw buildFailed(kind, kind === 'buildx' ? readBuildx(lines) : readBuildah(lines), error);
  }
}
