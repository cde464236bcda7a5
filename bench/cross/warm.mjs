import { measure, median, row } from '../lib/measure.mjs';
import { goreleaserContender, handContenders, oursContender } from './contenders.mjs';
import { targets } from './targets.mjs';

/** Six targets after an edit of main.go: one build cache for all, since each contender gets an edit of its own. */
export async function warm({ stage, rounds, short, goreleaser, progress }) {
  const wanted = targets.slice(0, short ? 1 : 6);
  const once = contender => ({
    name: contender.name,
    run: async () => {
      await stage.edit();
      const { seconds, programs } = await contender.run(stage.warmCache);
      if (programs.length !== wanted.length) throw new Error(`${programs.length} programs, not ${wanted.length}`);
      return seconds;
    },
  });
  const hands = handContenders(stage, wanted).map(once);
  const [ours, other] = [oursContender(stage, wanted), goreleaserContender(stage, wanted, goreleaser)].map(once);
  const samples = await measure([ours, other, ...hands], rounds, { warmUp: !short, rotate: true, progress });
  const best = hands.toSorted((a, b) => median(samples[a.name]) - median(samples[b.name]))[0];
  const title = peer => `${wanted.length} targets warm, main.go edited, against ${peer}`;
  return {
    rows: [other, best].map(({ name }) =>
      row({ name: title(name), ours: ours.name, peer: name, goal: { ratio: 1.05, orMore: 0.2 } }, samples),
    ),
    samples,
  };
}
