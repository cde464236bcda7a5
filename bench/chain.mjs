// The whole chain, after one changed Go file, against the sum of the bare commands: `go build`, `ko build`, scp and
// `systemctl restart`, curl. Three targets, a registry and a systemd host on this machine.
import { join } from 'node:path';
import { cacheRoot } from '../scripts/lab/paths.mjs';
import { root } from '../scripts/root.mjs';
import { bareCommands } from './chain/bare.mjs';
import { ourChain } from './chain/ours.mjs';
import { makePlaces } from './chain/places.mjs';
import { makeImageStage } from './image/stage.mjs';
import { measure, median, row } from './lib/measure.mjs';
import { moduleVersion } from './lib/module-version.mjs';

export const title = 'the whole chain after one changed Go file: 3 targets, registry, one host, verify';
export const unit = 's';
export const rounds = 5;

/** @returns { rows, samples, versions }; some minutes on two cores */
export async function run({ rounds, short, dist }) {
  const progress = line => console.log(`  ${line}`);
  const stage = await makeImageStage({
    source: join(root, 'bench/cross/service'),
    dist,
    warmCache: join(cacheRoot(), 'bench', 'gocache'), // what compiling the dependencies takes is no part of any figure
    progress,
  });
  const places = await makePlaces(stage, { progress }).catch(error => stage.end().then(() => Promise.reject(error)));
  try {
    const ours = await ourChain(stage, places.ours);
    const bare = await bareCommands(stage, places.bare, { progress });
    const parts = {};
    const note = (name, seconds) => {
      parts[name] = [...(parts[name] ?? []), seconds];
      return seconds;
    };
    const contenders = [
      { name: 'the chain', run: async () => edited(stage, () => ours.run(note)) },
      { name: 'bare commands', run: async () => edited(stage, () => bare.run(note)) },
    ];
    const samples = await measure(contenders, rounds, { warmUp: !short, rotate: true, progress });
    for (const [name, seconds] of Object.entries(parts)) progress(`${name}: ${median(seconds).toFixed(2)} s`);
    return {
      rows: [
        row(
          {
            name: 'against the sum of the bare commands',
            ours: 'the chain',
            peer: 'bare commands',
            goal: { ratio: 1.3 },
          },
          samples,
        ),
      ],
      samples,
      versions: { node: process.version, go: stage.goVersion, ko: await moduleVersion(stage.go, bare.ko) },
    };
  } finally {
    await places.end();
    await stage.end();
  }
}

/** Each contender builds an edition of its own: none meets what the one before has compiled. */
async function edited(stage, run) {
  await stage.edit();
  return run();
}
