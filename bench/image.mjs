// build-multiarch-image against ko, BuildKit, buildah and crane, to a registry on this machine, with a gin + Prometheus +
// zap service of 24 MB a platform.
import { join } from 'node:path';
import { cacheRoot } from '../scripts/lab/paths.mjs';
import { root } from '../scripts/root.mjs';
import { again } from './image/again.mjs';
import { far } from './image/delay.mjs';
import { memory } from './image/memory.mjs';
import { fromNothing } from './image/new.mjs';
import { sizes } from './image/sizes.mjs';
import { makeImageStage } from './image/stage.mjs';
import { moduleVersion } from './lib/module-version.mjs';

export const title = 'images: new, unchanged, memory, far away, sizes';
export const unit = 's';
export const rounds = 5;

const all = { new: fromNothing, again, memory, delay: far, sizes };
export const parts = Object.keys(all);

/**
 * @returns { rows, samples, versions }: samples are by part and contender. Some minutes on two cores, and some more the
 *   first time, when the service is compiled for both platforms
 */
export async function run({ rounds, short, only, dist }) {
  const progress = line => console.log(`  ${line}`);
  const stage = await makeImageStage({
    source: join(root, 'bench/cross', short ? 'tiny' : 'service'),
    dist,
    warmCache: join(cacheRoot(), 'bench', 'gocache'), // what compiling takes is no part of any figure
    progress,
  });
  try {
    const job = await stage.job('job');
    const results = { rows: [], samples: {} };
    const versions = {
      node: process.version,
      go: stage.goVersion,
      registry: await moduleVersion(stage.go, stage.registry.program),
    };
    for (const part of parts.filter(name => only.includes(name))) {
      progress(`${part}:`);
      const say = line => progress(`  ${line}`);
      const done = await all[part]({ stage, job, rounds, short, progress: say });
      results.rows.push(...done.rows.map(one => ({ ...one, part })));
      results.samples[part] = done.samples;
      Object.assign(versions, done.versions);
    }
    return { ...results, versions };
  } finally {
    await stage.end();
  }
}
