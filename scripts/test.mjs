// npm test [-- unit | integration | e2e] [JEST ARGUMENTS]: sets up what the tests need, runs them, ends what it started.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

const { ensureGo } = await import('./lab/go.mjs');
const { labGuard } = await import('./lab/guard.mjs');
const { checkClaims } = await import('./claims/check.mjs');
const { allClaims } = await import('./claims/read.mjs');

/** Milliseconds for all tests together. */
const longest = 75 * 60_000;
/** Milliseconds after its last test that jest may take to end: it waits for ever for a timer or socket that a test left behind. */
const endsWithin = 30_000;

/** What a word means in jest's projects. */
const projects = { unit: ['unit'], integration: ['integration', 'cluster', 'image'], e2e: ['e2e'] };
/** Run side by side, as tests mostly wait; within a lane one file after the other, as there is one cluster. */
const lanes = [
  ['unit', 'integration'],
  ['cluster', 'image', 'e2e'],
];
const given = process.argv.slice(2);
const words = given.filter(word => word in projects);
const chosen = (words.length > 0 ? words : Object.keys(projects)).flatMap(word => projects[word]);
const jestArguments = given.filter(word => !(word in projects));

const claims = allClaims();
const endLab = await labGuard();
const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
const children = new Set();
// Ended from outside, jest is ended first, and then the lab as always.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    for (const child of children) child.kill(signal);
  });
let counts;
try {
  // Actions that are started from their sources are compiled once, not each time.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  if (chosen.some(name => name !== 'unit')) env.PATH = [dirname(await ensureGo()), env.PATH].join(delimiter);
  const running = lanes
    .map(lane => lane.filter(name => chosen.includes(name)))
    .filter(lane => lane.length > 0)
    .map(lane => runJest(lane, join(folder, `${lane[0]}.json`), env));
  // All are waited for, also after a failure: only then is nobody left who uses the lab.
  const ended = await Promise.allSettled(running);
  const broken = ended.find(one => one.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  counts = sum(ended.map(one => one.value.counts));
  counts.failed += unfounded(ended.flatMap(one => one.value.testResults));
} finally {
  rmSync(folder, { recursive: true, force: true });
  await endLab();
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

function sum(all) {
  const total = name => all.reduce((count, one) => count + one[name], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

async function runJest(lane, results, env) {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const options = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    jest,
    '--runInBand',
    '--passWithNoTests',
    '--selectProjects',
    ...lane,
    '--json',
    `--outputFile=${results}`,
  ];
  const child = spawn(process.execPath, [...options, ...jestArguments], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: longest,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  let done;
  let stuck = false;
  const watch = setInterval(() => {
    if (existsSync(results)) done ??= Date.now();
    if (done === undefined || Date.now() - done < endsWithin || stuck) return;
    stuck = child.kill('SIGKILL');
    console.log(`the tests of ${lane.join(', ')} are done, but one left a timer or socket open: jest was ended`);
  }, 1000);
  const ended = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => {
    clearInterval(watch);
    children.delete(child);
  });
  if (!existsSync(results)) throw new Error(`jest ended without results (exit code ${ended})`);
  const report = JSON.parse(readFileSync(results, 'utf8'));
  for (const name of skippedTests(report)) console.log(`skipped: ${name}`);
  for (const name of secondTries(report)) console.log(`passed only when tried again: ${name}`);
  // A file that could not even be loaded has no failed test in it, and is a failure all the same.
  const broken = report.numRuntimeErrorTestSuites;
  const code = stuck && report.success ? 0 : ended;
  const failed = report.numFailedTests + broken;
  const counts = {
    passed: report.numPassedTests,
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: report.numPendingTests + report.numTodoTests,
  };
  return { counts, testResults: report.testResults };
}

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

function secondTries({ testResults }) {
  return testResults.flatMap(file =>
    file.assertionResults.filter(one => one.status === 'passed' && one.invocations > 1).map(one => one.fullName),
  );
}

function skippedTests({ testResults }) {
  return testResults.flatMap(file =>
    file.assertionResults.filter(one => one.status === 'pending' || one.status === 'todo').map(one => one.fullName),
  );
}
