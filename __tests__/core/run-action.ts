import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFileCommands } from '../../src/release/runner-files.ts';
import { compileCache } from '../compile-cache.ts';

/** An action of our own as a process, in a scratch folder that stands for the runner. */
export interface Started {
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  said(): string;
  /** Resolves when the text was printed; fails when the process ends before. */
  until(text: string): Promise<void>;
  /** How it ended. */
  ended(): Promise<{
    code: number | null;
    output: string;
    outputs: Record<string, string>;
    state: Record<string, string>;
  }>;
}

/** Starts `node MAIN` with the file commands and inputs of a runner, and nothing else of a runner's environment. */
export async function startMain(main: string, folder: string, env: Record<string, string> = {}): Promise<Started> {
  await mkdir(folder, { recursive: true });
  const [output, state] = [join(folder, 'output'), join(folder, 'state')];
  await Promise.all([writeFile(output, ''), writeFile(state, '')]);
  const child = spawn(process.execPath, ['--no-warnings', main], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      ...compileCache,
      GITHUB_OUTPUT: output,
      GITHUB_STATE: state,
      GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
      RUNNER_TEMP: folder,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', chunk => {
      said += chunk;
      child.emit('said');
    });
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    child,
    said: () => said,
    until: text =>
      new Promise((resolve, reject) => {
        const look = () => said.includes(text) && resolve();
        child.on('said', look);
        look();
        void closed.then(() => reject(new Error(`ended before it said "${text}": ${said}`)));
      }),
    ended: async () => {
      const [code] = await closed;
      const read = async (file: string) => parseFileCommands(await readFile(file, 'utf8'));
      return { code, output: said, outputs: await read(output), state: await read(state) };
    },
  };
}
