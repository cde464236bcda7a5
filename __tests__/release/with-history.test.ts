import { expect, test } from '@jest/globals';
import type { ConfigFile } from '../../src/core/config-file.ts';
import { withHistory } from '../../src/release/with-history.ts';

const link = {
  action: 'deploy-ssh-systemd',
  title: 'x',
  config: 'slipway.yml#web',
  inputs: { mode: 'deploy' },
} as const;
const file = (records: unknown, entry: object = {}) =>
  ({
    records,
    deploy: [
      { kind: 'deploy-ssh-systemd', name: 'other' },
      { kind: 'deploy-ssh-systemd', name: 'web', strategy: 'auto', ...entry },
    ],
    at: () => 'slipway.yml:1',
  }) as unknown as ConfigFile;
const historyOf = (of: ConfigFile, request = {}, place = 'oci://ghcr.io/acme/web') =>
  withHistory(link, of, request, { place }).inputs['history'];

test.each<[string, string | undefined, string | undefined]>([
  ['a folder', historyOf(file({ folder: '/srv/r' })), '{"folder":"/srv/r"}'],
  ['the usual one', historyOf(file('folder')), 'folder'],
  ['the repository of the image', historyOf(file('oci')), '{"oci":"ghcr.io/acme/web"}'],
  ['what the run was given', historyOf(file('git'), { records: '{folder: x}' }), '{"folder":"x"}'],
  ['a strategy of the run', historyOf(file('git', { strategy: 'all' }), { strategy: 'auto' }), 'git'],
  ['no other strategy', historyOf(file('git', { strategy: 'all' })), undefined],
  ['its own', historyOf(file('git', { history: 'folder' })), undefined],
  ['no records', historyOf(file(undefined)), undefined],
])('%s', (_, found, expected) => expect(found).toBe(expected));
