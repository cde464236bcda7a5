// From process start to the first check on the wire: verify-health against what people wait for a service with.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../scripts/lab/apt.mjs';
import { root } from '../scripts/root.mjs';
import { ensureWaitOn, waitOnVersion } from './verify/wait-on.mjs';

export const title = 'process start to first check on the wire';
export const unit = 'ms';
export const rounds = 15;

const limit = 20_000;

/** @param options `dist`: the folder of the bundles, where it is not this one’s */
export async function prepare({ dist = join(root, 'dist') } = {}) {
  const waitOn = ensureWaitOn();
  const curl = await findExecutable('curl');
  if (!curl) throw new Error('the peer curl is missing: apt-get install curl');
  const folder = mkdtempSync(join(tmpdir(), 'slipway-startup-'));
  const server = createServer((_, response) => {
    server.emit('seen');
    response.end('ok');
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const contender = (name, argv, env = process.env) => ({ name, run: () => firstRequest(server, argv, env) });
  return {
    contenders: [
      contender(
        'verify-health',
        [process.execPath, join(dist, 'verify-health/index.js')],
        actionEnvironment(folder, url),
      ),
      contender('wait-on', [process.execPath, waitOn, url.replace('http://', 'http-get://')]),
      contender('curl', [curl, '-sS', '-o', join(folder, 'body'), url]),
    ],
    rows: [
      { name: 'verify-health against wait-on', ours: 'verify-health', peer: 'wait-on', goal: { most: 250 } },
      { name: 'verify-health against curl', ours: 'verify-health', peer: 'curl', goal: { most: 250 } },
    ],
    versions: {
      node: process.version,
      'wait-on': waitOnVersion,
      curl: execFileSync(curl, ['--version'], { encoding: 'utf8' }).split(' ')[1],
    },
    end: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Milliseconds from just before the process is started until the server has its first request. */
function firstRequest(server, [command, ...args], env) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limit });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => (said += chunk));
    let took;
    const seen = () => {
      took = performance.now() - began;
    };
    server.once('seen', seen);
    child.on('error', reject);
    child.on('close', code => {
      server.off('seen', seen);
      if (code === 0 && took !== undefined) resolve(took);
      else
        reject(
          new Error(
            `exit code ${code}, ${took === undefined ? 'no request' : 'a request'}: ${said.trim().split('\n').slice(-3).join(' | ')}`,
          ),
        );
    });
  });
}

function actionEnvironment(folder, url) {
  const file = name => {
    writeFileSync(join(folder, name), '');
    return join(folder, name);
  };
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(GITHUB|RUNNER|INPUT|STATE)_/.test(key)),
  );
  return {
    ...own,
    GITHUB_OUTPUT: file('output'),
    GITHUB_STATE: file('state'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: folder,
    INPUT_CHECKS: `${url} 200`,
    INPUT_HOLD: '0s',
    INPUT_SUCCESSES: '1',
    INPUT_IDENTITY: 'none',
    'INPUT_WORKING-DIRECTORY': folder,
  };
}
