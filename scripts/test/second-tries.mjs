// What failed on real components is run once more.
import { join, relative } from 'node:path';
import { root } from '../root.mjs';
import { runJest } from './run-jest.mjs';

/** Files that are given one. */
const atMost = 8;

/**
 * Real components on busy cores: a file of them in which something failed is run once more, whole and alone, when all others are
 * done. Its first failure stays in the log, and is named. More than a few files have failed for good.
 *
 * @param reports of tests on real components; unit tests are given no second try
 */
export async function withSecondTries(reports, projects, folder, env) {
  const failed = reports.flatMap(one => one.testResults.filter(file => file.status === 'failed'));
  if (failed.length === 0 || failed.length > atMost) return reports;
  const files = failed.map(({ name }) => name);
  console.log(`run once more: ${files.map(name => relative(root, name)).join(', ')}`);
  const names = projects.filter(name => name !== 'unit');
  const again = await runJest(names, join(folder, 'again.json'), env, ['--runTestsByPath', ...files]);
  const passes = file => file.assertionResults.filter(one => one.status === 'passed').map(one => one.fullName);
  for (const before of failed) {
    const now = again.testResults.find(one => one.name === before.name);
    const mended = before.assertionResults.filter(
      one => one.status === 'failed' && now !== undefined && passes(now).includes(one.fullName),
    );
    for (const { fullName } of mended) console.log(`passed only when tried again: ${fullName}`);
  }
  return [...reports.map(report => without(report, files)), again];
}

/** A report as if some files had not been run. */
function without(report, files) {
  const testResults = report.testResults.filter(({ name }) => !files.includes(name));
  const broken = testResults.some(({ status }) => status === 'failed');
  return { ...report, testResults, ended: broken ? report.ended : 0 };
}
