import { expect, test } from '@jest/globals';
import { confirmRequest, watchRequest } from '../../src/deploy-ssh-systemd/requests.ts';

test.each([
  [{}, ['t1', 'no', '0']],
  [{ hash: true, wait: 350 }, ['t1', 'yes', '3']],
  // a second at most: a cancelled run has to get through
  [{ wait: 60_000 }, ['t1', 'no', '10']],
  [{ wait: -5 }, ['t1', 'no', '0']],
  [{ wait: 1000, steady: { pid: 7, restarts: 2 } }, ['t1', 'no', '10', '7', '2']],
])('a look at the unit: %j', (options, args) => {
  expect(watchRequest('t1', options)).toEqual({ verb: 'watch', args });
});

test('a confirmation is of one process', () => {
  expect(confirmRequest('t1', { pid: 7, restarts: 0 }).args).toEqual(['t1', '7', '0']);
});
