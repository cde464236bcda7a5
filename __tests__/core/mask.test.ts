import { describe, expect, test } from '@jest/globals';
import { tellingParts } from '../../src/core/mask.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('tellingParts', () => {
  test.each([
    ['one line', 'hunter2\n', ['hunter2']],
    ['a key', '-----BEGIN X-----\nAAAAB3Nz\nbQ==\n-----END X-----', ['AAAAB3Nz', 'bQ==']],
    ['dotenv', 'DB_PASSWORD=hunter2\nexport TOKEN="abcd"\nDEBUG=1', ['hunter2', 'abcd']],
    ['lines of anything', 'first secret\nsecond!secret\n}', ['first secret', 'second!secret']],
    [
      'a kubeconfig',
      'apiVersion: v1\nusers:\n- name: admin\n  user:\n    token: eyJhbGciOiJSUzI1NiJ9.x\n    server: https://192.0.2.10:6443',
      ['eyJhbGciOiJSUzI1NiJ9.x'],
    ],
    [
      'a short password of a kubeconfig',
      'users:\n- name: admin\n  user:\n    username: administrator\n    password: hunter2\n    "token": "two words"',
      ['hunter2', 'two words'],
    ],
    [
      'a kubeconfig as JSON',
      '{\n"kind": "Config",\n"client-key-data": "LS0tLS1CRUdJTiBQUklW",\n"client-certificate-data": "LS0tLS1CRUdJTiBDRVJU"\n}',
      ['LS0tLS1CRUdJTiBQUklW', 'LS0tLS1CRUdJTiBDRVJU'],
    ],
  ])('%s', (_, secret, parts) => expect(new Set(tellingParts(secret))).toEqual(new Set([base64(secret), ...parts])));
});
