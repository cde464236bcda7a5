import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const at = new URL('../../scripts/lab/conformance/', import.meta.url);
const { reasonsOf, surprises } = await import(new URL('suite.mjs', at).href);

test('reasons are read from what the suite prints', () => {
  const output = [
    '  Suite/ping: Pass',
    '  Suite/delete: Skip',
    '   - registry returned status 405',
    '      Suite/mount: FAIL',
    '       - blob put failed: missing header "Location"',
    'a second line of it',
  ];
  expect(reasonsOf(output.join('\n'))).toEqual([
    'registry returned status 405',
    'blob put failed: missing header "Location"',
  ]);
});

test('what is new and what is no longer so are told, each once; what is known is not', () => {
  const known = [{ says: ['status 405', 'missing header'], what: 'two things' }];
  const reasons = ['registry returned status 405', 'reset', 'reset'];
  expect(surprises(reasons, known)).toEqual(['new: reset', 'no longer: missing header']);
  expect(surprises(['status 405', 'missing header "Location"'], known)).toEqual([]);
});

test('every registry of the tests is described', () => {
  const { registries } = JSON.parse(readFileSync(new URL('expected.json', at), 'utf8'));
  expect(Object.keys(registries)).toEqual(['docker-registry', 'distribution-registry', 'referrers-registry']);
});
