import { resolve } from 'node:path';
import * as core from '@actions/core';
import { cancellation } from './cancel.ts';
import { configSection } from './config-section.ts';
import type { Definition } from './definition.ts';
import { describe } from './errors.ts';
import { type Inputs, type Read, readInputs } from './inputs.ts';
import { log } from './log.ts';
import { type LoadedRecord, loadRecords } from './record/files.ts';
import { writeSummary } from './summary.ts';

/** What an action's `run` gets: everything it may use of the outside. */
export interface Context<S extends Inputs> {
  readonly inputs: Read<S>;
  /** Aborted when the runner cancels. */
  readonly signal: AbortSignal;
  /** The input `working-directory`, absolute. */
  readonly directory: string;
  /** The merged record of the steps before, or undefined when the input `release` is empty. */
  readonly record: LoadedRecord | undefined;
  /** Sets an output at once, so that it stands even when the action fails later. */
  readonly output: (name: string, value: string) => void;
  /** Appends to the job summary unless `summary: false`. */
  readonly summary: (markdown: string) => Promise<void>;
}

/** What an action does; what it is called and takes is its definition. */
export interface Parts<S extends Inputs> {
  readonly run: (context: Context<S>) => Promise<void>;
  /** Runs after the job's steps, in a process of its own; cannot fail the job. The signal aborts when the runner cancels. */
  readonly post?: (signal: AbortSignal) => Promise<void>;
}

const postMark = 'slipway-post';

/** The one wrapper around an action: inputs, record, cancellation, failure, post step. */
export async function runAction<S extends Inputs>(definition: Definition<S>, parts: Parts<S>): Promise<void> {
  if (core.getState(postMark) === definition.name) return runPost(parts.post);
  if (parts.post !== undefined) core.saveState(postMark, definition.name);
  const { signal, release } = cancellation();
  try {
    const section = await configSection(definition.name, definition.inputs, process.env);
    const inputs = readInputs(definition.inputs, process.env, section?.texts, section?.at);
    const common = inputs as unknown as { release: string[]; 'working-directory': string; summary: boolean };
    const directory = resolve(common['working-directory']);
    const record = await loadRecords(common.release, directory, signal);
    signal.throwIfAborted(); // cancelled while all this was read: nothing is begun
    await parts.run({
      inputs,
      signal,
      directory,
      record,
      output: (name, value) => core.setOutput(name, value),
      summary: async markdown => {
        if (common.summary) await writeSummary(markdown);
      },
    });
  } catch (error) {
    core.setFailed(describe(error));
    if (error instanceof Error && error.stack !== undefined) log.debug(error.stack);
  } finally {
    release();
  }
}

async function runPost(post: Parts<Inputs>['post']): Promise<void> {
  const { signal, release } = cancellation();
  try {
    await post?.(signal);
  } catch (error) {
    log.warning(describe(error));
  } finally {
    release();
  }
}
