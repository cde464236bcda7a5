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
const { goBuildDir } = await import('./lab/paths.mjs');
const { checkClaims } = await import('./claims/check.mjs');
const { allClaims } = await import('./claims/read.mjs');
const { countsOf, sum } = await import('./test/counts.mjs');
const { durations } = await import('./test/durations.mjs');
const { lanesOf, runLanes } = await import('./test/lanes.mjs');
const { programsFolder } = await import('./test/programs.mjs');
const { runJest, signalJest } = await import('./test/run-jest.mjs');
const { withSecondTries } = await import('./test/second-tries.mjs');

/** What a word means in jest's projects. */
const projects = { unit: ['unit'], integration: ['integration', 'host', 'cluster', 'image'], e2e: ['e2e'] };
const given = process.argv.slice(2);
const words = given.filter(word => word in projects);
const chosen = (words.length > 0 ? words : Object.keys(projects)).flatMap(word => projects[word]);
const jestArguments = given.filter(word => !(word in projects));
const all = Object.values(projects).flat();
const whole = jestArguments.length === 0 && all.every(name => chosen.includes(name));

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
  if (chosen.some(name => name !== 'unit')) {
    const go = await ensureGo();
    env.PATH = [dirname(go), env.PATH].join(delimiter);
    env.GOCACHE ||= goBuildDir();
    env.SLIPWAY_TEST_PROGRAMS = await programsFolder(go);
  }
  const run = async ({ name, projects: names, more = [] }, workers) => ({
    ...(await runJest(names, join(folder, `${name}.json`), env, [...jestArguments, ...more], workers)),
    name,
  });
  // Alone, as time matters to some of them.
  const units = chosen.includes('unit') ? [await run({ name: 'unit', projects: ['unit'] }, 2)] : [];
  // All are waited for, also after a failure: only then is nobody left who uses the lab.
  const ended = await runLanes(lanesOf(chosen, whole), run);
  const broken = ended.find(one => one.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  const first = ended.map(one => one.value);
  for (const line of durations([...units, ...first])) console.log(line);
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
  const { wrong, skipped, unchecked } = checkClaims(claims, testResults, { full: whole, root });
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
