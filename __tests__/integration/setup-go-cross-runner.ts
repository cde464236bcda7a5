import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/core/process.ts';
import { readFileCommands } from '../../src/release/runner-files.ts';
import { actionMain } from '../action-main.ts';

const root = join(import.meta.dirname, '..', '..');

/** How a step ended, and what it left for later ones. */
export interface Step {
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly exported: Readonly<Record<string, string>>;
  /** Folders that were added to PATH. */
  readonly path: readonly string[];
  readonly summary: string;
}

/** Runs setup-go-cross as a runner does, in a process of its own; `state` runs its post step. */
export async function step(
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>> = {},
  state?: Readonly<Record<string, string>>,
  onLog: (log: string, child: ChildProcess) => void = () => undefined,
  wrap: (argv: string[]) => string[] = argv => argv,
): Promise<Step> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-step-'));
  const file = (name: string) => join(folder, name);
  const files = {
    GITHUB_OUTPUT: 'output',
    GITHUB_STATE: 'state',
    GITHUB_ENV: 'env',
    GITHUB_PATH: 'path',
    GITHUB_STEP_SUMMARY: 'summary',
  };
  for (const name of Object.values(files)) writeFileSync(file(name), '');
  const clean = Object.entries(process.env).filter(([name]) => !/^(GITHUB|RUNNER|ACTIONS|INPUT|STATE)_/.test(name));
  const [program = '', ...args] = wrap([process.execPath, actionMain('setup-go-cross')]);
  const child = spawn(program, args, {
    env: {
      ...Object.fromEntries(clean),
      ...Object.fromEntries(Object.entries(files).map(([name, short]) => [name, file(short)])),
      RUNNER_TEMP: folder,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...Object.fromEntries(Object.entries(state ?? {}).map(([name, value]) => [`STATE_${name}`, value])),
      ...env,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      log += text;
      onLog(log, child);
    });
  }
  const code = await new Promise<number>(resolve => child.once('close', value => resolve(value ?? -1)));
  const done: Step = {
    code,
    log,
    outputs: await readFileCommands(file('output')),
    state: await readFileCommands(file('state')),
    exported: await readFileCommands(file('env')),
    path: readFileSync(file('path'), 'utf8').split('\n').filter(Boolean),
    summary: readFileSync(file('summary'), 'utf8'),
  };
  rmSync(folder, { recursive: true, force: true });
  return done;
}

/** The example service as a repository of its own, with one commit of a fixed date. */
export async function exampleRepository(folder: string): Promise<string> {
  const directory = join(folder, 'hello');
  const out = join(root, 'examples/hello/slipway-out');
  cpSync(join(root, 'examples/hello'), directory, { recursive: true, filter: path => path !== out });
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'one'],
  ])
    await git(directory, ...args);
  return directory;
}

export async function git(directory: string, ...args: string[]): Promise<string> {
  const date = '2026-01-01T12:00:00Z';
  const { stdout } = await run(
    ['git', '-C', directory, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args],
    {
      timeout: 30_000,
      env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    },
  );
  return stdout.trim();
}

/** Of what is in RUNNER_TOOL_CACHE: nothing when there is no such folder. */
export const isInstalled = (tools: string, version: string) =>
  existsSync(join(tools, 'go', version, `${process.arch}.complete`));
