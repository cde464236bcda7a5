import { join } from 'node:path';
import { startCacheService } from '../lib/cache-service.mjs';
import { measure, row } from '../lib/measure.mjs';
import { oursJob, runnerEnv } from './job.mjs';

const target = 'linux/amd64';

/**
 * Restore and build on a fresh runner, one target: with the very dependencies that were cached, and after a change of
 * one. Modules that are missing come from a local folder, so that no network is in the figures.
 */
export async function restore({ stage, rounds, short, setupGo, progress }) {
  const services = {};
  const prepare = async name => {
    services[name] = await startCacheService(join(stage.folder, `service-${name}`));
    return async next => {
      services[name].keep(1);
      await stage.dependencies(next);
      return runnerEnv(stage, name, services[name]);
    };
  };
  try {
    const [ourRunner, peerRunner] = [await prepare('ours'), await prepare('peer')];
    await oursJob(stage, target, await ourRunner(false), { save: true });
    await setupGo.job(target, await peerRunner(false), { save: true });
    for (const [name, service] of Object.entries(services)) {
      if (service.entries().length !== 1) throw new Error(`${name} saved ${service.entries().length} archives, not 1`);
      progress(`${name}: ${(service.entries()[0].bytes / 1e6).toFixed(1)} MB saved`);
    }
    const ours = next => ({
      name: `setup-go-cross ${next ? 'changed' : 'same'}`,
      run: async () => {
        const { seconds, restored } = await oursJob(stage, target, await ourRunner(next), { save: false });
        if (!restored) throw new Error('our cache was not restored');
        return seconds;
      },
    });
    const peer = next => ({
      name: `${setupGo.name} ${next ? 'changed' : 'same'}`,
      run: async () => {
        const { seconds, restored } = await setupGo.job(target, await peerRunner(next), { save: false });
        if (restored === next) throw new Error(`setup-go ${restored ? 'has' : 'has not'} restored its cache`);
        return seconds;
      },
    });
    const contenders = [ours(true), peer(true), ours(false), peer(false)];
    const samples = await measure(contenders, rounds, { warmUp: false, rotate: !short, progress });
    const names = contenders.map(({ name }) => name);
    return {
      rows: [
        row(
          {
            name: 'restore and build, one dependency changed, against setup-go',
            ours: names[0],
            peer: names[1],
            goal: { ratio: 0.5 },
          },
          samples,
        ),
        row({ name: 'restore and build, nothing changed, against setup-go', ours: names[2], peer: names[3] }, samples),
      ],
      samples,
    };
  } finally {
    await stage.dependencies(false);
    for (const service of Object.values(services)) await service.end();
  }
}
