import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

export interface Step {
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string | string[];
  readonly uses?: string;
  readonly with?: Record<string, unknown>;
  readonly secrets?: Record<string, string> | 'inherit';
  readonly permissions?: Record<string, string>;
  readonly environment?: { name: string; deployment: boolean };
  readonly 'timeout-minutes'?: unknown;
  readonly steps?: Step[];
}

interface Call {
  readonly inputs: Record<string, { type: string; required?: boolean; default?: unknown }>;
  readonly secrets: Record<string, { required: boolean }>;
  readonly outputs: Record<string, { value: string }>;
}

export interface Workflow {
  /** Relative to the checkout. */
  readonly file: string;
  readonly text: string;
  readonly on: { workflow_call?: Call };
  readonly permissions?: Record<string, string>;
  readonly concurrency?: { group: string; 'cancel-in-progress': boolean };
  readonly jobs: Record<string, Job>;
}

/** A workflow as text and as data. */
export function readWorkflow(file: string): Workflow {
  return parseWorkflow(file, readFileSync(join(root, file), 'utf8'));
}

export function parseWorkflow(file: string, text: string): Workflow {
  return { ...(parse(text) as Workflow), file, text };
}

const all = ['.github/workflows', 'examples/workflows'].flatMap(folder =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.yml'))
    .map(name => readWorkflow(`${folder}/${name}`)),
);

/** Those that other repositories call, by name: `release`. */
export const reusable: ReadonlyMap<string, Workflow> = new Map(
  all
    .filter(one => one.on.workflow_call !== undefined)
    .map(one => [/([\w-]+)\.yml$/.exec(one.file)![1]!, one] as const),
);

/** Examples that call one of ours. */
export const callers = all.filter(one => Object.values(one.jobs).some(job => calledBy(job) !== undefined));

/** The workflow of ours that a job calls. */
export function calledBy({ uses = '' }: Job): Workflow | undefined {
  return reusable.get(/^OWNER\/slipway\/\.github\/workflows\/([\w-]+)\.yml@v1$/.exec(uses)?.[1] ?? '');
}
