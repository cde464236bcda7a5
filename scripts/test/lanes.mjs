// Which tests are run side by side, and in which order they are taken.
import { availableParallelism, cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { hostFiles, portionsOf } from './portions.mjs';

/**
 * How many jests run at once. One more than there are cores would leave them no moment idle, but then load and questions that
 * go on while a test waits take longer, too, and so does all: a file that takes two minutes alone took ten.
 */
export const atOnce = Math.min(4, Math.max(2, availableParallelism()));
/** Within a lane one file runs after the other: there is one cluster, and BuildKit is shared. */
const long = [['cluster'], ['integration'], ['image', 'e2e']];
/** Of the project `host`: as many as leave nobody without work before the end. */
const portions = 8;
/** Share of the cores that must have been idle before one more lane is begun than there are cores: that of a lane that waits much. */
const spare = 0.3;

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

/**
 * Runs the lanes, so many at once, and one more as long as the cores have time for it; resolves as Promise.allSettled, when all have
 * ended, also after a failure.
 *
 * @param idle resolves with the share of the cores that was idle for a while
 */
export async function runLanes(lanes, run, idle = idleShare) {
  const ended = [];
  const left = [...lanes.keys()];
  const next = async () => {
    const index = left.shift();
    if (index !== undefined) [ended[index]] = await Promise.allSettled([run(lanes[index])]);
  };
  const worker = async () => {
    while (left.length > 0) await next();
  };
  const done = new AbortController();
  const additional = async () => {
    while (left.length > 0 && !done.signal.aborted) if ((await idle(done.signal)) >= spare) await next();
  };
  const more = additional();
  await Promise.all(Array.from({ length: atOnce }, worker));
  done.abort();
  await more;
  return ended;
}

/** Over twenty seconds; 0 when nobody wants to know any more. */
async function idleShare(signal) {
  const total = key => cpus().reduce((sum, { times }) => sum + times[key], 0);
  const now = () => ({
    idle: total('idle'),
    all: ['user', 'nice', 'sys', 'irq', 'idle'].reduce((sum, key) => sum + total(key), 0),
  });
  const before = now();
  await setTimeout(20_000, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) return 0;
  const after = now();
  return (after.idle - before.idle) / (after.all - before.all);
}
