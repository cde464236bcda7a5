import { describe, expect, test } from '@jest/globals';
import { parseCredential } from '../../../src/core/kubernetes/exec-plugin.ts';
import { chooseContext, kubeconfigSources } from '../../../src/core/kubernetes/kubeconfig.ts';

const config = (change: object = {}) =>
  JSON.stringify({
    'current-context': 'lab',
    contexts: [
      { name: 'lab', context: { cluster: 'lab', user: 'admin', namespace: 'web' } },
      { name: 'bare', context: { cluster: 'lab', user: 'admin' } },
      { name: 'broken', context: { cluster: 'gone', user: 'admin' } },
    ],
    clusters: [{ name: 'lab', cluster: { server: 'https://192.0.2.10:6443/', 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'admin', user: { token: 'secret-token' } }],
    ...change,
  });
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('choosing a context', () => {
  const source = { text: config(), folder: '/etc/kube' };
  test('the current one, with its namespace; paths begin at the file', () => {
    const { contextName, namespace, cluster, user } = chooseContext([source]);
    expect([contextName, namespace, cluster.server, cluster.caFile, user.token]).toEqual([
      'lab',
      'web',
      'https://192.0.2.10:6443',
      '/etc/kube/ca.crt',
      'secret-token',
    ]);
  });
  test('a named one; its namespace is default', () =>
    expect(chooseContext([source], 'bare').namespace).toBe('default'));
  test('of several files the first current-context wins, and all contexts are known', () => {
    const other = {
      text: config({
        'current-context': 'second',
        contexts: [{ name: 'second', context: { cluster: 'lab', user: 'admin' } }],
      }),
      folder: '/x',
    };
    expect(chooseContext([other, source]).contextName).toBe('second');
    expect(chooseContext([other, source], 'lab').namespace).toBe('web');
  });
  test('an unknown one names those that are there', () => {
    expect(() => chooseContext([source], 'labb')).toThrow(
      expect.objectContaining({
        code: 'CONTEXT_UNKNOWN',
        message: expect.stringContaining('did you mean "lab"'),
        hint: expect.stringContaining('lab, bare, broken'),
      }),
    );
  });
  test.each([
    { name: 'a cluster that is not there', text: config(), wanted: 'broken' },
    { name: 'a path instead of the text', text: '/home/me/.kube/config', wanted: undefined },
    { name: 'no current context', text: config({ 'current-context': undefined }), wanted: undefined },
    { name: 'a user that is not there', text: config({ users: [] }), wanted: 'lab' },
    { name: 'not YAML', text: 'a: [', wanted: undefined },
  ])('$name', ({ text, wanted }) =>
    expect(() => chooseContext([{ text, folder: '/x' }], wanted)).toThrow(code('KUBECONFIG_INVALID')),
  );
  test('a relative path in a secret leads nowhere', () => {
    expect(() => chooseContext([{ text: config() }])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--flatten') }),
    );
  });
});

describe('impersonation', () => {
  const of = (user: object) => chooseContext([{ text: config({ users: [{ name: 'admin', user }] }), folder: '/x' }]);
  test('user, uid, groups and extra are what the requests say', () =>
    expect(
      of({
        token: 't',
        as: 'deployer',
        'as-uid': '7',
        'as-groups': ['web', 'ops'],
        'as-user-extra': { 'acme.com/team': ['a', 'b'] },
      }).impersonation,
    ).toEqual({
      'impersonate-user': 'deployer',
      'impersonate-uid': '7',
      'impersonate-group': ['web', 'ops'],
      'impersonate-extra-acme.com%2Fteam': ['a', 'b'],
    }));
  test('nobody else', () => expect(of({ token: 't' }).impersonation).toEqual({}));
  test.each([
    { 'as-groups': ['web'] },
    { as: '', 'as-uid': '7' },
    { as: 'deployer', 'as-groups': 'web' },
    { as: 'deployer', 'as-user-extra': { team: 'a' } },
  ])('%j is refused', user => expect(() => of({ token: 't', ...user })).toThrow(code('KUBECONFIG_INVALID')));
});

describe('where the kubeconfig comes from', () => {
  test('the input before the environment', async () =>
    expect(await kubeconfigSources('text', { KUBECONFIG: '/nowhere' })).toEqual([{ text: 'text' }]));
  test('neither', async () => expect(kubeconfigSources('', {})).rejects.toThrow(code('KUBECONFIG_MISSING')));
  test('a file that is not there', async () =>
    expect(kubeconfigSources(undefined, { KUBECONFIG: '/nowhere/config' })).rejects.toThrow(
      code('KUBECONFIG_MISSING'),
    ));
});

describe('the answer of a credential plugin', () => {
  const answer = (status: object) => JSON.stringify({ kind: 'ExecCredential', status });
  test('a token with its end', () => {
    expect(parseCredential(answer({ token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' }))).toEqual({
      token: 't',
      expires: Date.UTC(2026, 0, 1),
    });
  });
  test('a certificate', () =>
    expect(parseCredential(answer({ clientCertificateData: 'c', clientKeyData: 'k' }))).toEqual({
      cert: 'c',
      key: 'k',
    }));
  test.each([
    '',
    'not json: secret-token',
    answer({}),
    '{"kind":"Other","status":{}}',
    answer({ clientCertificateData: 'c' }),
  ])('%j is refused without being shown', text => {
    expect(() => parseCredential(text)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret-token') }),
    );
  });
});
