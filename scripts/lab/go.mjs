// The Go command for tests and benchmarks: the machine's own, else the one that setup-go-cross installs, verified.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAction } from '../../src/release/start.ts';
import { root } from '../root.mjs';
import { findExecutable } from './apt.mjs';
import { Missing } from './missing.mjs';
import { cacheRoot } from './paths.mjs';

/** The path of a go command. Throws Missing, with the end of the log, where none can be had. */
export async function ensureGo() {
  return (await findExecutable('go')) ?? install();
}

async function install() {
  const temp = mkdtempSync(join(tmpdir(), 'slipway-go-'));
  let log = '';
  try {
    const done = await startAction('setup-go-cross', {
      dist: join(root, 'dist'),
      inputs: { mode: 'setup', 'go-version-file': join(root, 'examples/hello/go.mod'), cache: 'false' },
      env: {
        ...process.env,
        RUNNER_TEMP: temp,
        RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
        GITHUB_PATH: join(temp, 'path'),
        GITHUB_ENV: join(temp, 'env'),
      },
      onOutput: chunk => {
        log += chunk;
      },
    });
    if (done.code !== 0)
      throw new Missing(
        'Go',
        `setup-go-cross could not install it: ${log.trim().split('\n').at(-1)}`,
        'install Go 1.26 or newer and put it on PATH',
      );
    return join(readFileSync(join(temp, 'path'), 'utf8').trim().split('\n').at(-1), 'go');
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}
