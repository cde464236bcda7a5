// deploy-k8s-canary: its statistics beside the rules of Flagger, Argo Rollouts and Kayenta, on simulated releases; on a real cluster
// large plans, releases that are not good, the requests of those that are, and how soon another run goes on when a runner dies.
import { plan } from './canary/plan.mjs';
import { real } from './canary/real.mjs';
import { requests } from './canary/requests.mjs';
import { resume } from './canary/resume.mjs';
import { simulated } from './canary/simulated.mjs';

export const title = 'canary: how releases are decided';
export const unit = 's';
export const rounds = 3;

const all = { simulated, plan, real, requests, resume };
export const parts = Object.keys(all);

/** @returns { rows, samples, versions }: samples are by part. `simulated` takes a minute; it has no rounds, but seeds. */
export async function run({ rounds, short, only, dist }) {
  const progress = line => console.log(`  ${line}`);
  const results = { rows: [], samples: {} };
  const versions = { node: process.version };
  for (const part of parts.filter(name => only.includes(name))) {
    progress(`${part}:`);
    const done = await all[part]({ dist, rounds, short, progress: line => progress(`  ${line}`) });
    results.rows.push(...done.rows.map(one => ({ ...one, part })));
    results.samples[part] = done.samples;
    Object.assign(versions, done.versions);
  }
  return { ...results, versions };
}
