import { expect, test } from '@jest/globals';
import { parsePrivateToken, privateEnvironment } from '../../src/setup-go-cross/private-modules.ts';

const cases: { name: string; text: string; goprivate?: string; env?: NodeJS.ProcessEnv; hosts: string[] }[] = [
  { name: 'this GitHub', text: 'secret', hosts: ['github.com'] },
  { name: 'GHES', text: 'secret', env: { GITHUB_SERVER_URL: 'https://ghe.example' }, hosts: ['ghe.example'] },
  {
    name: 'the hosts of goprivate, each once',
    text: 'secret',
    goprivate: 'github.com/acme/*, github.com/b,git.example',
    hosts: ['github.com', 'git.example'],
  },
  { name: 'hosts by name', text: 'a.example=secret\nlocalhost:8443=secret\n', hosts: ['a.example', 'localhost:8443'] },
];
test.each(cases)('private-token: $name', ({ text, goprivate = '', env = {}, hosts }) => {
  expect(parsePrivateToken(text, goprivate, env)).toEqual(hosts.map(host => ({ host, token: 'secret' })));
});

test.each([
  ['a.example=x\nrest', ''],
  ['two words', ''],
  ['secret', '*.corp.example'],
])('private-token %j with goprivate %j is refused, unseen', (text, goprivate) => {
  const parse = () => parsePrivateToken(text, goprivate, {});
  expect(parse).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  expect(parse).toThrow(expect.not.objectContaining({ message: expect.stringContaining(text) }));
});

test('what the user configured for git and go stays; git’s configuration holds no token', () => {
  const made = privateEnvironment([{ host: 'a.example', token: 'hush-hush' }], '/w', {
    GIT_CONFIG_COUNT: '2',
    GOAUTH: 'off',
  });
  expect(made).toMatchObject({ GIT_CONFIG_COUNT: '4', GIT_CONFIG_KEY_2: 'credential.https://a.example.helper' });
  expect(made['GOAUTH']).toBe('off; git /w');
  const holding = Object.keys(made).filter(name => made[name]!.includes('hush-hush'));
  expect(holding).toEqual(['SLIPWAY_PRIVATE_TOKEN_0']);
});

test('no token, nothing set', () => {
  expect(privateEnvironment([], '/w', {})).toEqual({});
});
