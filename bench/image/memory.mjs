import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { peer } from '../../scripts/lab/peers.mjs';
import { measure, row } from '../lib/measure.mjs';
import { moduleVersion } from '../lib/module-version.mjs';
import { peakOf, saidPeak, sayPeak } from '../lib/peak.mjs';
import { changedJob, programOf } from './stage.mjs';

const platform = 'linux/amd64';

/** A program of 500 MB as a layer, compressed and pushed; crane gets the tar that ours makes on its way. */
export async function memory({ stage, job, rounds, short, progress }) {
  const megabytes = short ? 20 : 500;
  const large = await changedJob(stage, job, 'large', platform, path => grow(path, megabytes));
  const crane = await peer('crane', { progress });
  const archive = join(stage.folder, 'large.tar');
  const program = programOf(large, platform);
  await stage.timed(['tar', '-C', join(program, '..'), '-cf', archive, program.split('/').at(-1)], {
    env: stage.env(),
  });
  const ours = {
    name: 'build-multiarch-image',
    run: async () => {
      const inputs = { platforms: platform, images: stage.repository(), 'layer-cache': 'off' };
      return saidPeak((await stage.push(large, inputs, { NODE_OPTIONS: sayPeak })).log);
    },
  };
  const append = ['append', '--oci-empty-base', '--new_layer', archive, '--new_tag'];
  const theirs = { name: 'crane append', run: () => peakOf([crane, ...append, `${stage.repository()}:v1`]) };
  const samples = await measure([ours, theirs], rounds, { warmUp: false, progress });
  const name = `memory for a layer of ${megabytes} MB, against \`crane append\``;
  return {
    rows: [row({ name, ours: ours.name, peer: theirs.name, unit: 'MB', goal: { most: 200 } }, samples)],
    samples,
    versions: { crane: await moduleVersion(stage.go, crane) },
  };
}

/** Appends to a program until it has so many megabytes: a tenth is noise, the rest a pattern. */
function grow(path, megabytes) {
  const file = openSync(path, 'r+');
  const pattern = Buffer.alloc(1e6, 'push call return ');
  for (let at = 30; at < megabytes; at++) writeSync(file, at % 10 === 0 ? randomBytes(1e6) : pattern, 0, 1e6, at * 1e6);
  closeSync(file);
}
