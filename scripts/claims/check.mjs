// Holds what the READMEs say against the results of the tests.
import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * @param {{ cell: string, file: string, name: string }[]} claims
 * @param {object[]} testResults of jest's JSON results: a file each
 * @param {{ full: boolean, root: string }} run `full`: every test file was meant to run, but those of
 *   campaigns
 * @returns {{ wrong: string[], skipped: string[], unchecked: number }} sentences on claims that do not hold; on those
 *   whose test this machine skipped; and how many belong to files that were left out of a partial run
 */
export function checkClaims(claims, testResults, { full, root }) {
  const files = new Map(
    testResults.map(file => [relative(root, file.name).split(sep).join('/'), file.assertionResults]),
  );
  const wrong = [];
  const skipped = [];
  let unchecked = 0;
  for (const { cell, file, name } of claims) {
    const tests = files.get(file);
    if (tests === undefined) {
      if (full && !(file.startsWith('__tests__/campaigns/') && existsSync(join(root, file))))
        wrong.push(`${cell}: ${file} did not run`);
      else unchecked++;
      continue;
    }
    const found = tests.filter(test => matches(name, test.fullName));
    const failed = found.filter(test => test.status === 'failed');
    const pending = found.filter(test => test.status !== 'failed' && test.status !== 'passed');
    if (failed.length > 0) wrong.push(`${cell}: the test "${failed[0].fullName}" of ${file} failed`);
    else if (pending.length > 0 || (found.length === 0 && isSkipped(tests)))
      skipped.push(`${cell}: the test "${name}" of ${file} was skipped`);
    else if (found.length === 0) wrong.push(`${cell}: there is no test "${name}" in ${file}`);
  }
  return { wrong, skipped, unchecked };
}

/** A component that this machine cannot have stands in for all tests that need it (describeWith of the lab). */
const isSkipped = tests => tests.some(test => test.title.startsWith('SKIPPED, '));

/** `*` stands for any text, as in the titles of `test.each`. */
export function matches(name, fullName) {
  const pattern = name
    .split('*')
    .map(part => part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`, 's').test(fullName);
}
