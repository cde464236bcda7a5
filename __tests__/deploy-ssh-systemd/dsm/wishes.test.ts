import { expect, test } from '@jest/globals';
import { beyondDsm } from '../../../src/deploy-ssh-systemd/dsm/wishes.ts';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';
import { plainOptions } from '../unit-options.ts';

const plain = {
  mode: 'deploy',
  become: 'auto',
  runAs: 'http',
  createUser: false,
  type: 'exec',
  restartMethod: 'restart',
  pidFile: undefined,
  dropIn: '',
  credentials: {},
  unit: plainOptions,
} as unknown as Settings;

test('what a NAS has needs no systemd', () => expect(beyondDsm(plain)).toEqual([]));

test.each<[Partial<Settings>, RegExp]>([
  [{ mode: 'bootstrap' }, /bootstrap/],
  [{ become: 'agent' }, /agent/],
  [{ runAs: 'dynamic' }, /run-as: dynamic/],
  [{ createUser: true }, /create-user/],
  [{ type: 'notify' }, /notify/],
  [{ restartMethod: 'socket' }, /restart-method: socket/],
  [{ dropIn: '[Service]' }, /drop-in/],
  [{ credentials: { key: 'x' } }, /credentials/],
  [{ proxy: { tls: { certbot: { server: 'https://ca.example.org', email: '' } } } as Settings['proxy'] }, /certbot/],
  [{ unit: { ...plainOptions, watchdog: 1000 } }, /watchdog/],
  [{ unit: { ...plainOptions, tasksMax: 5 } }, /tasks-max/],
  [{ unit: { ...plainOptions, hardening: 'strict' } }, /hardening/],
])('%j is named', (wish, words) => expect(beyondDsm({ ...plain, ...wish })).toEqual([expect.stringMatching(words)]));

test('who only looks, goes back or removes is asked nothing', () =>
  expect(beyondDsm({ ...plain, mode: 'status', runAs: 'dynamic' })).toEqual([]));
