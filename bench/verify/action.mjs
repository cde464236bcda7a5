// Runs the bundle of verify-health as a runner would, in a folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saidPeak, sayPeak } from '../lib/peak.mjs';

const limit = 120_000;

/** @returns { verify(inputs) → { seconds, peak, report }, command(argv), end() }; verify throws when the action fails */
export function makeRunner(dist) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-verify-'));
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(GITHUB|RUNNER|INPUT|STATE)_/.test(key)),
  );
  const file = name => {
    writeFileSync(join(folder, name), '');
    return join(folder, name);
  };
  async function verify(inputs) {
    const env = {
      ...own,
      NODE_OPTIONS: sayPeak,
      GITHUB_OUTPUT: file('output'),
      GITHUB_STATE: file('state'),
      GITHUB_STEP_SUMMARY: file('summary'),
      RUNNER_TEMP: folder,
      INPUT_IDENTITY: 'none',
      'INPUT_WORKING-DIRECTORY': folder,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    };
    const { seconds, log } = await command([process.execPath, join(dist, 'verify-health/index.js')], env);
    const report = JSON.parse(readFileSync(join(folder, 'slipway-out/verification.json'), 'utf8'));
    return { seconds, peak: saidPeak(log), report };
  }
  return { verify, command, end: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Seconds from just before a program is started until it has ended, and what it said. Throws when it fails. */
async function command([program, ...args], env = process.env) {
  const began = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limit });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (log += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${program}: exit code ${code}: ${log.trim().split('\n').slice(-3).join(' | ')}`);
  return { seconds: (performance.now() - began) / 1000, log };
}
