// setup-go-cross against goreleaser's build step, `go build` by hand and actions/setup-go, with a gin + Prometheus + zap
// service.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { cacheRoot } from '../scripts/lab/paths.mjs';
import { peer } from '../scripts/lab/peers.mjs';
import { root } from '../scripts/root.mjs';
import { cold } from './cross/cold.mjs';
import { overhead } from './cross/overhead.mjs';
import { restore } from './cross/restore.mjs';
import { setupGoWay } from './cross/setup-go.mjs';
import { size } from './cross/size.mjs';
import { makeStage } from './cross/stage.mjs';
import { warm } from './cross/warm.mjs';

export const title = 'cross-building: cold, warm, restored, size of the cache, overhead';
export const unit = 's';
export const rounds = 3;

const all = { cold, warm, overhead, restore, size };
export const parts = Object.keys(all);

/**
 * @returns { rows, samples, versions }: samples are by part and contender. About an hour on two cores; `only` chooses
 *   parts: cold 25 minutes, warm and overhead 10 (filling the cache of ten targets), restore and size 10
 */
export async function run({ rounds, short, only, dist }) {
  const progress = line => console.log(`  ${line}`);
  const goreleaser = await peer('goreleaser', { progress });
  const stage = await makeStage({
    source: join(root, 'bench/cross', short ? 'tiny' : 'service'),
    dist,
    warmCache: short ? undefined : join(cacheRoot(), 'bench', 'gocache'),
  });
  try {
    const setupGo = setupGoWay(stage);
    const results = { rows: [], samples: {} };
    for (const part of parts.filter(name => only.includes(name))) {
      progress(`${part}:`);
      const say = line => progress(`  ${line}`);
      const { rows, samples } = await all[part]({ stage, rounds, short, goreleaser, setupGo, progress: say });
      results.rows.push(...rows.map(one => ({ ...one, part })));
      results.samples[part] = samples;
    }
    const versions = {
      node: process.version,
      go: stage.goVersion,
      goreleaser:
        /GitVersion:\s*(\S+)/.exec(execFileSync(goreleaser, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown',
      'setup-go': setupGo.version,
    };
    return { ...results, versions };
  } finally {
    await stage.end();
  }
}
