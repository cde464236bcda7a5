import { peer } from '../../scripts/lab/peers.mjs';
import { row } from '../lib/measure.mjs';
import { makeExample } from './example.mjs';
import { startHey } from './hey.mjs';
import { watchPods, watchShare } from './outside.mjs';

const rps = 200;

/** Users reach the release at once, before anybody has asked it at 0 %: that is the harder case. */
const setups = {
  gateway: { steps: '5,25,50,100', warmUp: '30s', replicas: 4 },
  service: { steps: '10,50,100', warmUp: '5s', replicas: 9 },
};

/** Releases that are not good, on real pods behind a real router, with users: how soon it is seen, and what users see of it. */
export async function real({ dist, rounds, progress }) {
  const hey = await peer('hey', { progress });
  const results = { rows: [], samples: {}, versions: {} };
  for (const [router, { steps, warmUp, replicas }] of Object.entries(setups)) {
    const versions = { errors: ['v2', 'HELLO_ERROR_RATE=0.1'], crash: ['v2', 'HELLO_START_CRASH=true'] };
    const example = await makeExample({ dist, router, replicas, versions, progress });
    try {
      results.versions = await example.stage.versions({ hey });
      const missing = `${example.image.v1.split('@')[0]}@sha256:${'0'.repeat(64)}`;
      const samples = { back: [], bad: [], accepted: [], crash: [], image: [] };
      for (let round = 1; round <= rounds; round++) {
        const errors = await failing(example, hey, { steps, 'warm-up': warmUp });
        const crash = await reported(example, example.image.crash, 'CRASH_LOOP');
        const image = await reported(example, missing, 'IMAGE_PULL');
        progress(
          `${router}, round ${round}: back after ${errors.back.toFixed(1)} s, ${errors.bad} bad of ${errors.requests}, weight 0 after ${errors.accepted.toFixed(2)} s; crash ${crash.toFixed(1)} s, image ${image.toFixed(1)} s`,
        );
        for (const [name, value] of Object.entries({ ...errors, crash, image })) samples[name]?.push(value);
      }
      results.samples[router] = samples;
      results.rows.push(...rowsOf(router, samples, rounds));
    } finally {
      await example.end();
    }
  }
  return results;
}

/** A release of which a tenth of the answers are errors: seconds in front of users, bad answers, seconds from decision to weight 0. */
async function failing({ stage, router, url, host, image, deploy }, hey, inputs) {
  const users = startHey(hey, url, { rps, host });
  const share = watchShare(stage.lab.cluster.kubeconfig, `slipway-bench-${router}`, router);
  const { at, log } = await deploy(image.errors, { ...inputs, 'step-duration': '1m' });
  const { reached, left } = await share.end();
  const { bad, requests } = await users.end();
  const decided = at('answers worse than the old one') ?? at('own requests through the router failed');
  if (decided === undefined || left === undefined)
    throw new Error(`it was not rolled back for its errors:\n${log.slice(-3000)}`);
  return { back: (left - reached) / 1000, accepted: (left - decided) / 1000, bad, requests };
}

/** Seconds from when the pod's trouble is there to see until the log names it. */
async function reported({ stage, router, deploy }, image, code) {
  const pods = watchPods(stage.lab.cluster.kubeconfig, `slipway-bench-${router}`);
  const { at, log } = await deploy(image, { steps: '0,50,100' });
  const { trouble } = await pods.end();
  const said = at('pod hello-canary-');
  if (!log.includes(`[${code}]`) || trouble === undefined)
    throw new Error(`it did not end by ${code}:\n${log.slice(-3000)}`);
  return Math.max(0, (said - trouble) / 1000);
}

function rowsOf(router, samples, rounds) {
  const { steps, warmUp } = setups[router];
  const limited = (name, what, unit, most) =>
    row(
      { name: `${router}: ${name}, against the limit`, ours: what, peer: 'limit', unit, goal: { most } },
      { ...samples, limit: Array(rounds).fill(most) },
    );
  return [
    limited(
      `10 % errors at ${rps} requests/s, steps ${steps}, warm-up ${warmUp}: in front of users for`,
      'back',
      's',
      45,
    ),
    limited('bad answers of it', 'bad', 'requests', 60),
    limited('decision until weight 0 is accepted', 'accepted', 's', 2),
    limited('a container’s first end until the crash loop is reported', 'crash', 's', 15),
    limited('an image’s first failed pull until it is reported', 'image', 's', 15),
  ];
}
