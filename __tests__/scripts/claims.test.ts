import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { actionNames } from '../../src/core/action-names.ts';
import { run } from '../../src/core/process.ts';

const checkout = join(import.meta.dirname, '..', '..');
// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const script = (name: string): Promise<any> => import(new URL(`../../scripts/${name}`, import.meta.url).href);
const { checkClaims, matches } = await script('claims/check.mjs');
const { allClaims, checked, claimsOf, readComparison } = await script('claims/read.mjs');
const { comparisonTable, complaintsTable, urlOf } = await script('generate/comparison.mjs');

interface Claim {
  readonly cell: string;
  readonly file: string;
  readonly name: string;
}

// What jest itself reports of a small project: describe, test.each, a failure, skips, a file that cannot be loaded.
const files = {
  'good.test.js': `
    describe('outer', () => {
      test('runs', () => undefined);
      test.each(['one', 'two'])('each %s', () => undefined);
      test('fails', () => { throw new Error('x'); });
      test.skip('is skipped', () => undefined);
      test.todo('is to be written');
    });`,
  'mixed.test.js': `test.each([1, 2])('case %i', number => expect(number).toBe(1));`,
  'lab.test.js': `describe('on a host', () => { test.skip('SKIPPED, a host is missing', () => undefined); });`,
  'broken.test.js': `require('./nothing');`,
  'jest.config.js': `module.exports = { testEnvironment: 'node', testMatch: ['<rootDir>/*.test.js'], transform: {} };`,
};
let folder: string;
let testResults: object[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-claims-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const jest = join(checkout, 'node_modules/jest/bin/jest.js');
  const output = join(folder, 'results.json');
  const options = { cwd: folder, timeout: 60_000, accept: [1] };
  await run([process.execPath, jest, '--rootDir', folder, '--json', `--outputFile=${output}`], options);
  ({ testResults } = JSON.parse(readFileSync(output, 'utf8')));
}, 90_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const claim = (file: string, name: string): Claim => ({ cell: `README, "${name}"`, file, name });
const check = (claims: Claim[], full: boolean) => checkClaims(claims, testResults, { full, root: folder });
const none = { wrong: [], skipped: [], unchecked: 0 };

describe('a claim', () => {
  test.each(['outer runs', 'outer each one', 'outer each *', '*runs'])(
    'holds by a test that ran and passed: %s',
    name => {
      expect(check([claim('good.test.js', name)], true)).toEqual(none);
    },
  );

  const wrong: [string, string, string][] = [
    ['good.test.js', 'outer fails', 'the test "outer fails" of good.test.js failed'],
    ['good.test.js', 'runs', 'there is no test "runs" in good.test.js'],
    ['good.test.js', 'outer run', 'there is no test "outer run" in good.test.js'],
    ['mixed.test.js', 'case *', 'the test "case 2" of mixed.test.js failed'],
    ['broken.test.js', 'anything', 'there is no test "anything" in broken.test.js'],
  ];
  test.each(wrong)('is wrong in any run: %s, %s', (file, name, said) => {
    for (const full of [true, false])
      expect(check([claim(file, name)], full)).toEqual({ ...none, wrong: [`README, "${name}": ${said}`] });
  });

  test('whose file did not run is wrong after a full run, and not part of another', () => {
    const claims = [claim('elsewhere.test.js', 'x')];
    expect(check(claims, true).wrong).toEqual(['README, "x": elsewhere.test.js did not run']);
    expect(check(claims, false)).toEqual({ ...none, unchecked: 1 });
  });

  test('of a campaign is not part of a full run, but its file is there', () => {
    const file = '__tests__/campaigns/setup-go-cross-faults.test.ts';
    const whole = { full: true, root: checkout };
    expect(checkClaims([claim(file, 'x')], [], whole)).toEqual({ ...none, unchecked: 1 });
    expect(checkClaims([claim(file.replace('faults', 'none'), 'x')], [], whole).wrong).toHaveLength(1);
  });

  test.each([
    ['good.test.js', 'outer is skipped'],
    ['good.test.js', 'outer is to be written'],
    ['lab.test.js', 'on a host deploys'],
  ])('is named when its test was skipped: %s, %s', (file, name) => {
    const said = `README, "${name}": the test "${name}" of ${file} was skipped`;
    expect(check([claim(file, name)], true)).toEqual({ ...none, skipped: [said] });
  });

  test('may hold whatever a pattern would read as its own', () => {
    expect(matches('a (b) [c] $d. *?', 'a (b) [c] $d. x?')).toBe(true);
    expect(matches('a.c', 'abc')).toBe(false);
  });
});

describe('comparison.yml', () => {
  const repository = { 'o/peer': 'a'.repeat(40) };
  const row = {
    what: 'Works',
    slipway: { says: 'yes', test: { file: 'a.test.ts', name: 'works' } },
    peers: { peer: { says: 'no', from: 'src/a.ts#L1-L2' } },
  };
  const data = { peers: { peer: { name: 'Peer', repositories: repository } }, comparison: [row] };
  const wrong: { name: string; data: object; says: string }[] = [
    { name: 'a cell of ours without a test', data: { ...row, slipway: { says: 'yes' } }, says: 'comparison.0.slipway' },
    { name: 'a peer without a source', data: { ...row, peers: { peer: { says: 'no' } } }, says: 'from' },
    { name: 'a peer that is left out', data: { ...row, peers: {} }, says: 'needs a cell for each of peer' },
    { name: 'a word as a source', data: { ...row, peers: { peer: { says: 'no', from: 'I know' } } }, says: 'from' },
  ];
  test.each(wrong)('$name is refused', ({ data: bad, says }) => {
    expect(() => checked({ ...data, comparison: [bad] }, 'x.yml')).toThrow(says);
  });

  test('a cell that says no needs no test', () => {
    const read = checked({ ...data, comparison: [{ ...row, slipway: { says: 'no' } }] }, 'x.yml');
    expect(claimsOf(read, 'README.md')).toEqual([]);
    expect(comparisonTable(read)).toContain('| Works | no | [no][c1] |');
  });

  test('cells lead to the test and to the file at the commit that was read', () => {
    const text = comparisonTable(checked(data, 'x.yml'));
    expect(text).toContain('| Works | [yes](../../__tests__/a.test.ts) | [no][c1] |');
    expect(text).toContain(`[c1]: https://github.com/o/peer/blob/${'a'.repeat(40)}/src/a.ts#L1-L2`);
  });

  test.each([
    ['#7', 'https://github.com/o/peer/issues/7'],
    ['golang/go#29561', 'https://github.com/golang/go/issues/29561'],
    ['o/peer:a b.md', `https://github.com/o/peer/blob/${'a'.repeat(40)}/a b.md`],
  ])('the source %s is %s', (source, url) => {
    expect(urlOf(source, { name: 'Peer', repositories: repository })).toBe(url);
  });

  test('a repository without a commit is refused', () => {
    expect(() => urlOf('o/fork:a.md', { name: 'Peer', repositories: repository })).toThrow('without a commit');
  });
});

describe('what is committed', () => {
  test('every test that a README names is in a file that is there', () => {
    const missing = (allClaims() as Claim[]).filter(({ file }) => !existsSync(join(checkout, file)));
    expect(missing.map(({ cell, file }) => `${cell}: ${file}`)).toEqual([]);
  });

  test.each(actionNames)('the tables of actions/%s are those of its comparison.yml', name => {
    const data = readComparison(name);
    const readme = readFileSync(join(checkout, 'actions', name, 'README.md'), 'utf8');
    if (data === undefined) return expect(readme).not.toContain('<!-- comparison:begin -->');
    expect(readme).toContain(`\n${comparisonTable(data)}\n`);
    if (data.complaints !== undefined) expect(readme).toContain(`\n${complaintsTable(data)}\n`);
  });
});
