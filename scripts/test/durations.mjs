// Where the time of a run of tests goes.
import { relative } from 'node:path';
import { root } from '../root.mjs';

/** Files that are named. */
const most = 12;

/** A line for each lane, with its seconds and files, and one for each of the files that took the longest. */
export function durations(reports) {
  const seconds = ms => `${Math.round(ms / 1000)} s`;
  const lanes = reports.map(({ name, began, until, testResults }) => {
    return `lane ${name}: ${seconds(until - began)}, ${testResults.length} files`;
  });
  const files = reports
    .flatMap(({ testResults }) => testResults)
    .map(({ name, startTime, endTime }) => ({ name, time: endTime - startTime }))
    .sort((one, other) => other.time - one.time)
    .slice(0, most);
  return [...lanes, ...files.map(({ name, time }) => `${seconds(time)} ${relative(root, name)}`)];
}
