import { expect, test } from '@jest/globals';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';
import { smokeMustAgree } from '../../../src/deploy-ssh-systemd/smoke/must-agree.ts';
import { smoke } from '../../../src/deploy-ssh-systemd/smoke/values.ts';
import { listen } from '../../../src/deploy-ssh-systemd/values.ts';

const settings = (changes: object) =>
  ({
    layout: 'systemd',
    restartMethod: 'restart',
    pace: { strategy: 'all' },
    healthyDeadline: 10_000,
    listen: listen.parse('8080'),
    smoke: smoke.parse('{check: x, start: 3s}'),
    ...changes,
  }) as unknown as Settings;

test.each<[string, object, RegExp]>([
  ['another layout', { layout: 'dsm' }, /no check and start with layout: dsm/],
  ['a container', { container: {} }, /runtime/],
  ['a job', { timer: {} }, /no start with timer/],
  ['a socket', { restartMethod: 'socket' }, /restart-method: socket/],
  ['two instances', { pace: { strategy: 'blue-green' } }, /blue-green/],
  ['no time', { healthyDeadline: 3000 }, /does not fit/],
  [
    'a port without listen',
    { smoke: smoke.parse('{start: 1s, port: 18080}'), listen: undefined },
    /"listen" is missing/,
  ],
  ['the port that serves', { smoke: smoke.parse('{start: 1s, port: 8080}') }, /the one that serves/],
])('refused: %s', (_, changes, said) => {
  expect(() => smokeMustAgree(settings(changes))).toThrow(said);
});

test.each<[string, object]>([
  ['what is there', {}],
  ['nothing', { smoke: undefined, layout: 'dsm' }],
  ['reach, anywhere', { smoke: smoke.parse('reach: tcp://db:5432'), layout: 'dsm', container: {}, timer: {} }],
  ['check of a job', { smoke: smoke.parse('check: x'), timer: {} }],
])('taken: %s', (_, changes) => {
  expect(() => smokeMustAgree(settings(changes))).not.toThrow();
});
