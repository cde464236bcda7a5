// npm test [-- unit | integration | e2e] [JEST ARGUMENTS]: sets up what the tests need, runs them, ends what it started.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { presentBundles } from './bundle-stamp.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

const { ensureGo } = await import('./lab/go.mjs');
const { labGuard } = await import('./lab/guard.mjs');
const { checkClaims } = await import('./claims/check.mjs');
const { allClaims } = await import('./claims/read.mjs');
const { countsOf, sum } = await import('./test/counts.mjs');
const { runJest, signalJest } = await import('./test/run-jest.mjs');
const { withSecondTries } = await import('./test/second-tries.mjs');

/** What a word means in jest's projects. */
const projects = { unit: ['unit'], integration: ['integration', 'host', 'cluster', 'image'], e2e: ['e2e'] };
/** Run side by side, as tests mostly wait; within a lane one file after the other, as there is one cluster. */
const lanes = [['integration', 'image', 'e2e'], ['host'], ['cluster']];
const given = process.argv.slice(2);
const words = given.filter(word => word in projects);
const chosen = (words.length > 0 ? words : Object.keys(projects)).flatMap(word => projects[word]);
const jestArguments = given.filter(word => !(word in projects));

const claims = allClaims();
const endLab = await labGuard();
const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
// Ended from outside, jest is ended first, and then the lab as always.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => signalJest(signal));
let counts;
try {
  // An action is started from its bundle, if that is up to date; what is compiled is so once, not each time.
  const bundles = presentBundles();
  console.log(
    `actions start from their ${bundles.length > 0 ? `bundles: ${bundles.join(', ')}` : 'sources: dist is older'}`,
  );
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled'), SLIPWAY_BUNDLES: bundles.join(',') };
  if (chosen.some(name => name !== 'unit')) env.PATH = [dirname(await ensureGo()), env.PATH].join(delimiter);
  const run = (lane, workers) => runJest(lane, join(folder, `${lane[0]}.json`), env, jestArguments, workers);
  // Alone, as time matters to some of them.
  const units = chosen.includes('unit') ? [await run(['unit'], 2)] : [];
  const running = lanes
    .map(lane => lane.filter(name => chosen.includes(name)))
    .filter(lane => lane.length > 0)
    .map(lane => run(lane));
  // All are waited for, also after a failure: only then is nobody left who uses the lab.
  const ended = await Promise.allSettled(running);
  const broken = ended.find(one => one.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  const first = ended.map(one => one.value);
  const reports = [...units, ...(await withSecondTries(first, chosen, folder, env))];
  for (const name of reports.flatMap(skippedTests)) console.log(`skipped: ${name}`);
  counts = sum(reports.map(countsOf));
  counts.failed += unfounded(reports.flatMap(one => one.testResults));
} finally {
  rmSync(folder, { recursive: true, force: true });
  await endLab();
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** How many cells of the READMEs' tables no test shows; a partial run can only speak of the files that it ran. */
function unfounded(testResults) {
  const full =
    jestArguments.length === 0 &&
    Object.values(projects)
      .flat()
      .every(name => chosen.includes(name));
  const { wrong, skipped, unchecked } = checkClaims(claims, testResults, { full, root });
  for (const text of wrong) console.log(`not shown: ${text}`);
  for (const text of skipped) console.log(`not shown here: ${text}`);
  const shown = claims.length - wrong.length - skipped.length - unchecked;
  console.log(`README tables: ${shown} of ${claims.length} claims shown, ${unchecked} not part of this run`);
  return wrong.length;
}

function skippedTests({ testResults }) {
  return testResults.flatMap(file =>
    file.assertionResults.filter(one => one.status === 'pending' || one.status === 'todo').map(one => one.fullName),
  );
}
