// verify-health against what people wait for a service with: how soon it begins, how many endpoints it sees at once, how soon
// it notices that a service is ready, and how true the percentiles of its load are.
import { execFileSync } from 'node:child_process';
import { findExecutable } from '../scripts/lab/apt.mjs';
import { makeRunner } from './verify/action.mjs';
import { many } from './verify/many.mjs';
import { percentiles } from './verify/percentiles.mjs';
import { ready } from './verify/ready.mjs';
import { start } from './verify/start.mjs';
import { ensureWaitOn, waitOnVersion } from './verify/wait-on.mjs';

export const title = 'verify-health: many endpoints, readiness, percentiles';
export const unit = 's';
export const rounds = 5;

const all = { start, many, ready, percentiles };
export const parts = Object.keys(all);

/** @returns { rows, samples, versions }: samples are by part and contender. About four minutes. */
export async function run({ rounds, short, only, dist }) {
  const progress = line => console.log(`  ${line}`);
  const curl = await findExecutable('curl');
  if (!curl) throw new Error('the peer curl is missing: apt-get install curl');
  const runner = makeRunner(dist);
  try {
    const results = { rows: [], samples: {} };
    const versions = {
      node: process.version,
      'wait-on': waitOnVersion,
      curl: execFileSync(curl, ['--version'], { encoding: 'utf8' }).split(' ')[1],
    };
    for (const part of parts.filter(name => only.includes(name))) {
      progress(`${part}:`);
      const stage = {
        runner,
        dist,
        curl,
        waitOn: ensureWaitOn(),
        rounds,
        short,
        progress: line => progress(`  ${line}`),
      };
      const done = await all[part](stage);
      results.rows.push(...done.rows.map(one => ({ ...one, part })));
      results.samples[part] = done.samples;
      Object.assign(versions, done.versions);
    }
    return { ...results, versions };
  } finally {
    runner.end();
  }
}
