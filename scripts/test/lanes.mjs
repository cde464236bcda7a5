// Which tests are run side by side, and in which order they are taken.
import { availableParallelism } from 'node:os';
import { hostFiles, portionsOf } from './portions.mjs';

/**
 * How many jests run at once. One more than there are cores would leave them no moment idle, but then load and questions that
 * go on while a test waits take longer, too, and so does all: a file that takes two minutes alone took ten.
 */
export const atOnce = Math.min(4, Math.max(2, availableParallelism()));
/** Within a lane one file runs after the other: there is one cluster, and registry and BuildKit are shared. */
const long = [['integration', 'image', 'e2e'], ['cluster']];
/** Of the project `host`: as many as leave nobody without work before the end. */
const portions = 6;

/**
 * `{ name, projects, more }` of each jest, the longest first.
 *
 * @param whole whether all files are run: those of the project `host` are then divided
 */
export function lanesOf(chosen, whole) {
  const lanes = (whole ? long : [...long, ['host']])
    .map(lane => lane.filter(name => chosen.includes(name)))
    .filter(lane => lane.length > 0)
    .map(projects => ({ name: projects[0], projects, more: [] }));
  if (!whole) return lanes;
  const divided = portionsOf(hostFiles(), portions);
  return [
    ...lanes,
    ...divided.map((paths, index) => ({
      name: `host-${index + 1}`,
      projects: ['host'],
      more: ['--runTestsByPath', ...paths],
    })),
  ];
}

/** Runs the lanes, so many at once; resolves as Promise.allSettled, when all have ended, also after a failure. */
export async function runLanes(lanes, run) {
  const ended = [];
  const left = [...lanes.keys()];
  const worker = async () => {
    for (let index = left.shift(); index !== undefined; index = left.shift())
      [ended[index]] = await Promise.allSettled([run(lanes[index])]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return ended;
}
