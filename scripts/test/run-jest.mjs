// One jest with some projects, as a process of its own.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../root.mjs';

/** Milliseconds for all tests together. */
const longest = (process.env.SLIPWAY_CAMPAIGN === undefined ? 75 : 600) * 60_000;
/** Milliseconds after its last test that jest may take to end: it waits for ever for a timer or socket that a test left behind. */
const endsWithin = 30_000;

const children = new Set();
let signalled;
/** Passes a signal on to the jests that run; no other one is started any more. */
export function signalJest(signal) {
  signalled = signal;
  for (const child of children) child.kill(signal);
}

/**
 * Resolves with jest's report of the projects `names`, written to the file `results`, and with `ended`: its exit code; `began` and
 * `until` are milliseconds since 1970.
 *
 * @param workers how many files are run at once
 */
export async function runJest(names, results, env, more, workers = 1) {
  if (signalled !== undefined) throw new Error(`not run, after ${signalled}: ${names.join(', ')}`);
  const began = Date.now();
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const options = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    jest,
    workers === 1 ? '--runInBand' : `--maxWorkers=${workers}`,
    '--passWithNoTests',
    `--testSequencer=${join(root, 'scripts/test/sequencer.mjs')}`,
    '--selectProjects',
    ...names,
    '--json',
    `--outputFile=${results}`,
  ];
  const child = spawn(process.execPath, [...options, ...more], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: longest,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  let done;
  let stuck = false;
  const watch = setInterval(() => {
    if (existsSync(results)) done ??= Date.now();
    if (done === undefined || Date.now() - done < endsWithin || stuck) return;
    stuck = child.kill('SIGKILL');
    console.log(`the tests of ${names.join(', ')} are done, but one left a timer or socket open: jest was ended`);
  }, 1000);
  const ended = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => {
    clearInterval(watch);
    children.delete(child);
  });
  if (!existsSync(results)) throw new Error(`jest ended without results (exit code ${ended})`);
  const report = JSON.parse(readFileSync(results, 'utf8'));
  return { ...report, ended: stuck && report.success ? 0 : ended, began, until: Date.now() };
}
