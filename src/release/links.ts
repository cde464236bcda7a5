import { log } from '../core/log.ts';
import type { Link } from './chain.ts';
import type { Request } from './request.ts';
import { type Ended, startAction } from './start.ts';

export type Done = Ended & { readonly title: string };

interface Run {
  readonly dist: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onBegin?: (title: string) => void;
  readonly onDone?: (done: readonly Done[]) => void;
  readonly onOutput?: (chunk: string) => void;
}

/** Links that ran, and the value of the input `release` for whoever comes next. */
export interface Progress {
  readonly done: readonly Done[];
  readonly release: string;
}

/** Runs links one after the other, each in a process of its own, until one fails; the record is handed on. */
export async function runLinks(links: readonly Link[], from: Progress, request: Request, run: Run): Promise<Progress> {
  const done = [...from.done];
  let { release } = from;
  for (const link of links) {
    if (run.signal.aborted) break;
    log.info(`── ${link.title}`);
    run.onBegin?.(link.title);
    const ended = await startAction(link.action, { ...run, inputs: inputsOf(link, release, request) });
    log.info(
      `── ${link.title} ${ended.code === 0 ? 'took' : 'failed after'} ${((ended.ended - ended.started) / 1000).toFixed(1)} s`,
    );
    done.push({ ...ended, title: link.title });
    run.onDone?.(done);
    release = ended.outputs['release'] || release;
    if (ended.code !== 0) break;
  }
  return { done, release };
}

function inputsOf(link: Link, release: string, request: Request): Record<string, string> {
  const { version } = request;
  return {
    ...link.inputs,
    config: link.config,
    release,
    'working-directory': request.directory,
    summary: String(request.summary),
    ...(link.action === 'setup-go-cross' && version !== undefined ? { version } : {}),
  };
}
