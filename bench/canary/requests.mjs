import { peer } from '../../scripts/lab/peers.mjs';
import { row } from '../lib/measure.mjs';
import { makeExample } from './example.mjs';
import { startHey } from './hey.mjs';

const rps = 200;
const fewest = 20_000;

/** Users of a healthy release while it is promoted, rolled back, and cancelled on its way: how many requests fail. */
export async function requests({ dist, rounds, short, progress }) {
  const hey = await peer('hey', { progress });
  const results = { rows: [], samples: {}, versions: {} };
  for (const router of ['gateway', 'service']) {
    const example = await makeExample({ dist, router, replicas: 4, versions: { v2: ['v2'] }, progress });
    try {
      results.versions = await example.stage.versions({ hey });
      const seen = { failed: 0, all: 0 };
      for (let round = 1; round <= rounds; round++) {
        const { bad, requests, what } = await released(example, hey);
        progress(`${router}, round ${round}: ${bad} of ${requests} failed ${JSON.stringify(what)}`);
        seen.failed += bad;
        seen.all += requests;
      }
      if (!short && seen.all < fewest) throw new Error(`${seen.all} requests are too few`);
      results.samples[router] = { failed: [seen.failed], all: [seen.all] };
      results.rows.push(
        row(
          {
            name: `${router}: failed requests while a healthy release is promoted, rolled back and cancelled, of all`,
            ours: 'failed',
            peer: 'all',
            unit: 'requests',
            goal: { most: 0 },
          },
          results.samples[router],
        ),
      );
    } finally {
      await example.end();
    }
  }
  return results;
}

async function released({ router, url, host, image, deploy }, hey) {
  const users = startHey(hey, url, { rps, host, kept: router === 'gateway' });
  const quick = { steps: '0,50,100', 'step-duration': '5s', 'warm-up': '0s', 'probe-rate': '40' };
  await expected('healthy', deploy(image.v2, quick));
  await expected('rolled-back', deploy(undefined, { mode: 'rollback' }));
  const job = new AbortController();
  const onLine = line => line.startsWith('50 %: watching') && setTimeout(() => job.abort(), 3000);
  await expected('rolled-back', deploy(image.v2, { ...quick, 'step-duration': '1m' }, { onLine, signal: job.signal }));
  return users.end();
}

async function expected(state, running) {
  const { outputs, log } = await running;
  if (outputs.state !== state) throw new Error(`the release is ${outputs.state}, not ${state}:\n${log.slice(-3000)}`);
}
