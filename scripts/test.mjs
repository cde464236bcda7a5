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

/** Milliseconds; jest waits for ever for a timer or socket that a test left behind. */
const longest = 75 * 60_000;

const projects = ['unit', 'integration', 'e2e'];
const given = process.argv.slice(2);
const chosen = given.filter(word => projects.includes(word));
const jestArguments = [
  ...(chosen.length > 0 ? ['--selectProjects', ...chosen] : []),
  ...given.filter(word => !projects.includes(word)),
];

const claims = allClaims();
const endLab = await labGuard();
const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
let counts;
try {
  const env = { ...process.env };
  if (chosen.length === 0 || chosen.some(name => name !== 'unit'))
    env.PATH = [dirname(await ensureGo()), env.PATH].join(delimiter);
  counts = await runJest(join(folder, 'results.json'), env);
} finally {
  rmSync(folder, { recursive: true, force: true });
  await endLab();
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

async function runJest(results, env) {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const options = [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    jest,
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
  // Ended from outside, jest is ended first, and then the lab as always.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (!existsSync(results)) throw new Error(`jest ended without results (exit code ${code})`);
  const report = JSON.parse(readFileSync(results, 'utf8'));
  for (const name of skippedTests(report)) console.log(`skipped: ${name}`);
  // A file that could not even be loaded has no failed test in it, and is a failure all the same.
  const broken = report.numRuntimeErrorTestSuites;
  const failed = report.numFailedTests + broken + unfounded(report);
  return {
    passed: report.numPassedTests,
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** How many cells of the READMEs' tables are not shown by their test; a partial run can only speak of what it ran. */
function unfounded(report) {
  const full = jestArguments.length === 0 || (given.length === projects.length && chosen.length === projects.length);
  const { wrong, skipped, unchecked } = checkClaims(claims, report, { full, root });
  for (const text of wrong) console.log(`not shown: ${text}`);
  for (const text of skipped) console.log(`not shown here: ${text}`);
  if (claims.length > 0) {
    const shown = claims.length - wrong.length - skipped.length - unchecked;
    console.log(`README tables: ${shown} of ${claims.length} claims shown, ${unchecked} not part of this run`);
  }
  return wrong.length;
}

function skippedTests({ testResults }) {
  return testResults.flatMap(file =>
    file.assertionResults.filter(one => one.status === 'pending' || one.status === 'todo').map(one => one.fullName),
  );
}
