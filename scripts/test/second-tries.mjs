// What failed on real components is run once more.
import { join, relative } from 'node:path';
import { root } from '../root.mjs';
import { runJest } from './run-jest.mjs';

/**
 * Real components on busy cores: a file of them in which something failed is run once more, whole and alone, when all others are
 * done. Its first failure stays in the log, and is named. Unit tests, and more than a few files, have failed for good.
 */
export async function withSecondTries(reports, projects, folder, env) {
  const failed = reports.flatMap(one => one.testResults.filter(file => file.status === 'failed'));
  const real = failed.filter(({ name }) => /__tests__\/(integration|e2e)\//.test(name));
  if (real.length === 0 || real.length < failed.length || real.length > 4) return reports;
  const files = real.map(({ name }) => name);
  console.log(`run once more: ${files.map(name => relative(root, name)).join(', ')}`);
  const names = projects.filter(name => name !== 'unit');
  const again = await runJest(names, join(folder, 'again.json'), env, ['--runTestsByPath', ...files]);
  const passes = file => file.assertionResults.filter(one => one.status === 'passed').map(one => one.fullName);
  for (const before of real) {
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
