import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startCacheService } from '../lib/cache-service.mjs';
import { row } from '../lib/measure.mjs';
import { oursJob, runnerEnv } from './job.mjs';

const target = 'linux/amd64';

/**
 * What ten runs with a changing main.go leave in the cache. The working set is what a job saves that begins with
 * nothing. Beside it a GOCACHE that is kept from run to run, as with restore-keys or on a machine of one's own; and
 * setup-go, whose exact key keeps the first archive for ever (the runs between the first and the last are left out): it
 * does not grow, and nothing new ever enters it.
 */
export async function size({ stage, short, setupGo, progress }) {
  const times = short ? 2 : 10;
  const services = {};
  const plain = short ? join(stage.folder, 'gocache') : await stage.fresh('plain-cache');
  const [ours, kept, peer] = [[], [], []];
  try {
    for (const name of ['ours', 'cold', 'peer'])
      services[name] = await startCacheService(join(stage.folder, `size-${name}`));
    const newest = name => services[name].entries().at(-1).bytes / 1e6;
    for (let run = 1; run <= times; run++) {
      await stage.edit();
      await oursJob(stage, target, await runnerEnv(stage, 'ours', services.ours), { save: true });
      if (services.ours.entries().length !== run) throw new Error(`run ${run} of ours saved nothing`);
      ours.push(newest('ours'));
      await setupGo.build(target, stage.env({ cache: plain }));
      kept.push(folderSize(plain));
      if (run === 1 || run === times)
        await setupGo.job(target, await runnerEnv(stage, 'peer', services.peer), { save: true });
      peer.push(newest('peer'));
      progress(
        `run ${run}: ours ${ours.at(-1).toFixed(2)} MB, kept GOCACHE ${kept.at(-1).toFixed(2)} MB, setup-go ${peer.at(-1).toFixed(2)} MB`,
      );
    }
    await oursJob(stage, target, await runnerEnv(stage, 'cold', services.cold), { save: true });
    const workingSet = newest('cold');
    const growth = sizes => [Math.max(0.01, sizes.at(-1) - sizes[0])];
    const samples = {
      ours,
      kept,
      peer,
      last: [ours.at(-1)],
      workingSet: [workingSet],
      ourGrowth: growth(ours),
      keptGrowth: growth(kept),
      lastPeer: [peer.at(-1)],
    };
    const of = wanted => row({ unit: 'MB', ...wanted }, samples);
    return {
      rows: [
        of({
          name: `cache after ${times} runs with one changing file, against the working set`,
          ours: 'last',
          peer: 'workingSet',
          goal: { ratio: 1.02 },
        }),
        of({ name: `growth from run 1 to ${times}, against a kept GOCACHE`, ours: 'ourGrowth', peer: 'keptGrowth' }),
        of({ name: `cache after ${times} runs, against setup-go’s (of run 1)`, ours: 'last', peer: 'lastPeer' }),
      ],
      samples,
    };
  } finally {
    for (const service of Object.values(services)) await service.end();
  }
}

/** Megabytes of all files. */
function folderSize(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0) / 1e6;
}
