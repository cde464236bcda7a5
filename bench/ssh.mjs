// deploy-ssh-systemd against scp + `systemctl restart`, rsync and ansible, to real systemd hosts that are 50 ms away.
import { far } from './ssh/deploy.mjs';
import { downtime } from './ssh/downtime.mjs';
import { many } from './ssh/many.mjs';
import { socket } from './ssh/socket.mjs';
import { makeSshStage } from './ssh/stage.mjs';
import { trips } from './ssh/trips.mjs';

export const title = 'systemd hosts, 50 ms away: one, many, round trips, sockets, downtime';
export const unit = 's';
export const rounds = 5;

const all = { deploy: far, trips, socket, downtime, many };
export const parts = Object.keys(all);

/** @returns { rows, samples, versions }: samples are by part and contender; a quarter of an hour on two cores */
export async function run({ rounds, short, only, dist }) {
  const progress = line => console.log(`  ${line}`);
  const stage = await makeSshStage({ dist, progress });
  try {
    const results = { rows: [], samples: {} };
    const versions = { node: process.version };
    for (const part of parts.filter(name => only.includes(name))) {
      progress(`${part}:`);
      const done = await all[part]({ stage, rounds, short, progress: line => progress(`  ${line}`) });
      results.rows.push(...done.rows.map(one => ({ ...one, part })));
      results.samples[part] = done.samples;
      Object.assign(versions, done.versions);
    }
    return { ...results, versions };
  } finally {
    await stage.end();
  }
}
