import { expect, test } from '@jest/globals';
import { collectorSettings } from '../../../src/setup-go-cross/build/collector.ts';

const gib = 2 ** 30;
test.each([
  ['a runner with 16 GiB', 14 * gib, 4, {}, { GOGC: '400', GOMEMLIMIT: '1792MiB' }],
  ['2 GiB a core and no more', 8 * gib, 4, {}, { GOGC: '400', GOMEMLIMIT: '1024MiB' }],
  ['less than 2 GiB a core', 8 * gib - 1, 4, {}, {}],
  ['a control group of 3 GiB', 3 * gib, 2, {}, {}],
  ['a GOGC of the user', 64 * gib, 2, { GOGC: '50' }, {}],
  ['a GOMEMLIMIT of the user', 64 * gib, 2, { GOMEMLIMIT: '1GiB' }, {}],
])('%s', (_, available, cores, env, expected) => {
  expect(collectorSettings(available, cores, env)).toEqual(expected);
});
