// deploy-ssh-systemd: releases from a seed that are not good, and some that are, with the checks before the switch and
// without them: how many never reach a user, how many are taken back, how many good ones are stopped.
import { releasesOf } from './gate/releases.mjs';
import { makeGateStage } from './gate/stage.mjs';

export const title = 'gate: releases that are not good, and releases that are';
export const unit = 'releases';
/** It has none, but a seed. */
export const rounds = 3;
/** Fifty releases each, so that a run takes minutes. */
export const parts = ['bad', 'good'].flatMap(what => [1, 2, 3, 4].map(number => `${what}-${number}`));

const seed = 20_261_129;
const each = 50;

/** @returns { rows, samples, versions }: `samples` has every release, with how it ended. The short form has one of every third kind. */
export async function run({ short, only }) {
  const progress = line => console.log(`  ${line}`);
  // each kind has a host of its own, so that both can be measured at the same time
  const name = only.some(part => part.startsWith('bad')) ? 'host183' : 'host184';
  const stage = await makeGateStage({ name, workers: 4, progress });
  try {
    const results = { rows: [], samples: {}, versions: { node: process.version } };
    for (const part of parts.filter(name => only.includes(name) && (!short || name.endsWith('1')))) {
      const [what, number] = part.split('-');
      const made = releasesOf(what, each * number, seed, stage.place).slice(-each);
      const releases = short ? firstOfSome(made) : made;
      const seen = { with: await all(stage, releases, true, progress) };
      // the short form asks what the checks do, and compares nothing
      if (!short) seen.without = await all(stage, releases, false, progress);
      results.rows.push(...rowsOf(what, seen, releases.length).map(one => ({ ...one, part })));
      results.samples[part] = { seed, releases: releases.map(({ kind }, index) => ({ kind, ...told(seen, index) })) };
    }
    return results;
  } finally {
    await stage.end();
  }
}

function firstOfSome(releases) {
  const first = releases.filter((one, index) => releases.findIndex(({ kind }) => kind === one.kind) === index);
  return first.filter((_, index) => index % 3 === 0);
}

function told(seen, index) {
  const of = ({ how, error, seconds }) => ({
    how,
    seconds: Number(seconds.toFixed(1)),
    ...(error && { said: error.slice(0, 300) }),
  });
  return { with: of(seen.with[index]), ...(seen.without && { without: of(seen.without[index]) }) };
}

/** Each worker takes those whose number is its own; after one that serves and should not, it begins anew. */
async function all(stage, releases, checks, progress) {
  const results = [];
  const words = checks ? 'with the checks' : 'without';
  await Promise.all(
    stage.workers.map(async (worker, mine) => {
      let begun = false;
      for (const [index, release] of releases.entries()) {
        if (release.index % stage.workers.length !== mine) continue;
        if (!begun) await stage.base(worker, `v0.${index}.${checks ? 1 : 0}`);
        results[index] = await stage.release(worker, release, checks);
        const { how, error = '' } = results[index];
        progress(`${words}: ${index} ${release.kind}: ${how}; ${error.split('\n')[0].slice(0, 160)}`);
        // what follows a release is the same in both ways
        begun = how === 'stopped' || how === 'rolled back';
      }
    }),
  );
  return results;
}

function rowsOf(part, seen, of) {
  const number = (which, ...hows) => seen[which].filter(({ how }) => hows.includes(how)).length;
  const row = (name, hows, goal, isMet) => {
    const ours = number('with', ...hows);
    const told = { name: `${part}: ${name}`, unit: `of ${of}`, ours, oursRange: [ours, ours], goal };
    const met = isMet === undefined ? undefined : isMet(ours);
    if (seen.without === undefined) return { ...told, met };
    const peer = number('without', ...hows);
    const ratio = peer === 0 ? Number(ours > 0) : ours / peer;
    return { ...told, peer, peerRange: [peer, peer], ratio, more: ours - peer, met };
  };
  if (part === 'good') return [row('stopped or rolled back', ['stopped', 'rolled back', 'lost'], '≤ 1 % of all')];
  return [
    row('stopped before the switch', ['stopped'], '≥ 60 %', ours => ours >= of * 0.6),
    row('rolled back', ['rolled back'], ''),
    row('stopped or rolled back', ['stopped', 'rolled back'], 'all', ours => ours === of),
  ];
}
