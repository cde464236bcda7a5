import { expect, test } from '@jest/globals';
import { parseChecks } from '../../../src/core/health/index.ts';
import { askedOf } from '../../../src/deploy-ssh-systemd/smoke/asked.ts';
import { smokeObstacles } from '../../../src/deploy-ssh-systemd/smoke/obstacles.ts';
import { smoke } from '../../../src/deploy-ssh-systemd/smoke/values.ts';
import { listen } from '../../../src/deploy-ssh-systemd/values.ts';

const checks = parseChecks(`http://127.0.0.1:8080/healthz
tcp localhost:9090
http://127.0.0.1/through-the-proxy
https://www.example.org/`);
const asked = (more: object) => {
  const { checks: found, ports } = askedOf({
    checks,
    listen: undefined,
    proxy: undefined,
    smoke: smoke.parse('start: 1s'),
    ...more,
  });
  return [found.map(one => ('url' in one ? one.url.href : one.name)), ports];
};

test.each([
  [
    'without listen, what asks a port of the host',
    {},
    [
      ['http://127.0.0.1:8080/healthz', 'tcp localhost:9090'],
      [8080, 9090],
    ],
  ],
  ['with it, what asks that one', { listen: listen.parse('8080') }, [['http://127.0.0.1:8080/healthz'], [8080]]],
  ['one that nothing asks must be listened on', { listen: listen.parse('7070') }, [[], [7070]]],
  [
    'on a port of its own they ask that one',
    { listen: listen.parse('8080'), smoke: smoke.parse('{start: 1s, port: 18080}') },
    [['http://127.0.0.1:18080/healthz'], [18080]],
  ],
  ['not the proxy on the host', { proxy: { http: 9090 } }, [['http://127.0.0.1:8080/healthz'], [8080]]],
])('%s', (_, given, expected) => expect(asked(given)).toEqual(expected));

test('a host that cannot try it says why; reach needs nothing', () => {
  const free = { user: undefined, listening: [22] };
  const given = smoke.parse('{start: 1s, port: 18080}');
  const user = { name: 'ann', state: 'running', lingers: true };
  expect(smokeObstacles(free, given)).toEqual([]);
  expect(smokeObstacles({ ...free, listening: [18080] }, given)).toMatchObject([{ code: 'PORT_IN_USE' }]);
  expect(smokeObstacles({ ...free, user }, given)).toMatchObject([{ code: 'HOST_REFUSED' }]);
  expect(smokeObstacles({ ...free, user }, smoke.parse('reach: tcp://db:5432'))).toEqual([]);
});
