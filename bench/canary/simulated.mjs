import { row } from '../lib/measure.mjs';
import { cells } from './cells.mjs';
import { simulate } from './simulate.mjs';

const releases = 2000;

/**
 * Releases decided by the action's statistics and by the peers' rules on the same simulated traffic. Not measured but counted: the
 * same numbers on every machine. `samples` has, by cell and rule, what simulate() returns.
 */
export function simulated({ short, progress, count = short ? 20 : releases }) {
  const results = { rows: [], samples: { releases: count, cells: {} } };
  for (const { name, cell, rules, goal = {}, against } of cells) {
    const seen = Object.fromEntries(Object.entries(rules).map(([rule, make]) => [rule, simulate(cell, make, count)]));
    results.samples.cells[name] = seen;
    results.rows.push(rowOf({ name, goal, against }, seen));
    progress(`${name}: ${Math.round(seen.ours.rollbacks)} of 1000 rolled back`);
  }
  return results;
}

/** False rollbacks where the release is good, else the time until it is rolled back; with group-by where that is compared. */
function rowOf({ name, goal, against }, seen) {
  const mine = against === 'ours' ? 'ours, group-by' : 'ours';
  const what = name.includes('bad') ? 'time' : 'rollbacks';
  const unit = what === 'time' ? 's' : 'of 1000';
  const samples = Object.fromEntries([mine, against].map(rule => [rule, [seen[rule][what] ?? Number.NaN]]));
  const text = what === 'time' ? 'rolled back after' : 'false rollbacks';
  const wanted = goal.ratio === undefined ? goal[what] && { most: goal[what] } : goal;
  return row({ name: `${name}: ${text}, against ${against}`, ours: mine, peer: against, unit, goal: wanted }, samples);
}
