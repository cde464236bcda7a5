import { measure, row } from '../lib/measure.mjs';
import { goreleaserContender, handContenders, oursContender } from './contenders.mjs';
import { assertSamePrograms } from './same.mjs';
import { targets } from './targets.mjs';

/**
 * Three targets with an empty build cache each time; the module cache is full and shared. The ways by hand are tried
 * once, which also reads everything into memory, and the fastest of them takes part.
 */
export async function cold({ stage, rounds, short, goreleaser, progress }) {
  const wanted = targets.slice(0, short ? 1 : 3);
  const made = {};
  const once = contender => ({
    name: contender.name,
    run: async () => {
      const { seconds, programs } = await contender.run(await stage.fresh('gocache'));
      made[contender.name] = programs;
      return seconds;
    },
  });
  const hands = handContenders(stage, wanted).map(once);
  const trial = short ? undefined : await measure(hands, 1, { warmUp: false, progress });
  const best = trial ? hands.toSorted((a, b) => trial[a.name][0] - trial[b.name][0])[0] : hands[0];
  const contenders = [oursContender(stage, wanted), goreleaserContender(stage, wanted, goreleaser)].map(once);
  const samples = await measure([...contenders, best], rounds, { warmUp: false, rotate: true, progress });
  await assertSamePrograms(made, wanted.length);
  const title = peer => `${wanted.length} targets cold, against ${peer}`;
  const [ours, other] = contenders;
  return {
    rows: [other, best].map(({ name }) =>
      row({ name: title(name), ours: ours.name, peer: name, goal: { ratio: 1.05 } }, samples),
    ),
    samples: { ...samples, trial },
  };
}
