import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { parseFileCommands } from '../../src/release/runner-files.ts';
import { attempt, kept, root, runnerEnvironment } from './support.ts';

export interface RootRun {
  /** A scratch folder for what a runner keeps: temporary files, outputs, summary. */
  readonly folder: string;
  /** Where slipway.yml is. */
  readonly repository: string;
  /** What the workflow passes to the step as `env`. */
  readonly env: Record<string, string>;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Runs the root action's bundle as a runner does: inputs and file commands in the environment, nothing else leaks in. */
export async function runRootAction(run: RootRun) {
  const runner = join(run.folder, 'runner');
  await mkdir(join(runner, 'temp'), { recursive: true });
  const file = async (name: string) => {
    await writeFile(join(runner, name), '');
    return join(runner, name);
  };
  const env = {
    ...runnerEnvironment(),
    HOME: run.folder,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: run.repository,
    GITHUB_OUTPUT: await file('output'),
    GITHUB_STATE: await file('state'),
    GITHUB_ENV: await file('env'),
    GITHUB_PATH: await file('path'),
    GITHUB_STEP_SUMMARY: await file('summary.md'),
    RUNNER_TEMP: join(runner, 'temp'),
    RUNNER_TOOL_CACHE: kept.tools,
    GOCACHE: kept.goBuild,
    GOMODCACHE: kept.goModules,
    'INPUT_WORKING-DIRECTORY': run.repository,
    ...run.env,
  };
  const ended = await attempt([process.execPath, join(root, 'dist', 'release', 'index.js')], {
    cwd: run.repository,
    env,
    timeout: run.timeout,
  });
  return {
    code: ended.code,
    output: withoutMasks(`${ended.stdout}${ended.stderr}`),
    outputs: parseFileCommands(await readFile(join(runner, 'output'), 'utf8')),
    summary: await readFile(join(runner, 'summary.md'), 'utf8'),
  };
}

/** The log as a runner shows it: commands that name what to mask hold secrets, and failing tests print the log. */
export function withoutMasks(log: string): string {
  return log
    .split('\n')
    .filter(line => !line.startsWith('::add-mask::'))
    .join('\n');
}

export async function readRecord(path: string): Promise<ReleaseRecord> {
  return JSON.parse(await readFile(path, 'utf8'));
}
