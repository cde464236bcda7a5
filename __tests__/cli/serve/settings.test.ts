import { expect, test } from '@jest/globals';
import { isAllowed, parseListen } from '../../../src/cli/serve/listener.ts';
import { readSettings } from '../../../src/cli/serve/settings.ts';
import { parseConfig } from '../../../src/core/config-file.ts';

const env = { SECRET: 'x'.repeat(40) };
const read = (text: string) => readSettings(parseConfig(text, 'slipway.yml'), '/srv', env);
const good =
  'serve:\n  repository: https://git.example.com/acme/hello.git\n  branches: main\n  secret: { env: SECRET }\n';

test('what it says is read', async () => {
  const settings = await read(
    `${good}  tls: { certificate: tls/full.pem, key: /etc/key.pem }\n  largest: 4MiB\n  timeout: 30m\n  allow-from: [192.0.2.0/24, 2001:db8::/32, 198.51.100.7]\n`,
  );
  expect(settings).toMatchObject({
    branches: ['main'],
    secretVariable: 'SECRET',
    tls: { certificate: '/srv/tls/full.pem', key: '/etc/key.pem' },
    largest: 4 * 1024 * 1024,
    timeout: 1_800_000,
  });
  const who = [
    '192.0.2.9',
    '::ffff:192.0.2.9',
    '2001:db8::1',
    '198.51.100.7',
    '198.51.100.8',
    '2001:db9::1',
    undefined,
  ];
  expect(who.map(address => isAllowed(settings.allowed, address))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(isAllowed(undefined, '203.0.113.1')).toBe(true);
});

test('who is on the same link comes with the name of an interface', async () => {
  const { allowed } = await read(`${good}  allow-from: [fe80::/64, 192.0.2.0/24]\n`);
  expect(['fe80::1%eth0', 'fe80:0:0:1::1%eth0', '::1%lo'].map(one => isAllowed(allowed, one))).toEqual([
    true,
    false,
    false,
  ]);
});

test.each([
  'https://git.example.com/acme/hello.git',
  'git@git.example.com:acme/hello.git',
  'ssh://git@git.example.com:2222/acme/hello.git',
  'https://git.example.com/acme/@scope.git',
  '/srv/git/hello.git',
])('%s is a repository', async address => {
  expect((await read(good.replace('https://git.example.com/acme/hello.git', address))).repository).toBe(address);
});

test.each([
  ['version: v1', 'no section "serve"'],
  ['serve: 1', 'it is not a map'],
  [good.replace('branches', 'branch'), 'unknown key "branch" (did you mean "branches"?)'],
  [good.replace('{ env: SECRET }', 'plain'), 'never its text'],
  [good.replace('https://git.example.com/acme/hello.git', 'ext::sh'), 'repository is no address'],
  [good.replace('https://git.example.com/acme/hello.git', '--upload-pack=id'), 'repository is no address'],
  [good.replace('https://', 'https://octocat:a-token@'), 'has a name or password in it'],
  [good.replace('https://', 'HTTPS://a-token@'), 'has a name or password in it'],
  [good.replace('https://', 'ssh://git:a-password@'), 'has a name or password in it'],
  [good.replace('main', '[]'), 'branches names none'],
  [good.replace('main', '"*"'), '"*" is no name of a branch'],
  [good.replace('main', '-x'), '"-x" is no name of a branch'],
  [`${good}  tags: []\n`, 'tags names none'],
  [`${good}  tags: [v*, "v1 x"]\n`, '"v1 x" is no name of a tag, nor a pattern such as v*'],
  [`${good}  tags: -v*\n`, '"-v*" is no name of a tag'],
  [`${good}  allow-from: []\n`, 'allow-from names nobody'],
  [`${good}  allow-from: 192.0.2.0/33\n`, '"192.0.2.0/33" is no address or network'],
  [`${good}  allow-from: 192.0.2.0/24/8\n`, '"192.0.2.0/24/8" is no address or network'],
  [`${good}  allow-from: example.com\n`, '"example.com" is no address or network'],
  [`${good}  tls: { certificate: a }\n`, 'tls is not { certificate: PATH, key: PATH }'],
  [`${good}  largest: 26MiB\n`, 'largest is no size up to 25MiB'],
  [`${good}  timeout: 30\n`, 'timeout is no duration'],
])('%j is refused with its line', async (text, why) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^slipway\.yml/),
  });
  await expect(read(text)).rejects.toThrow(why);
});

test('a short secret is refused, and not shown', async () => {
  const short = readSettings(parseConfig(good, 'slipway.yml'), '/srv', { SECRET: 'only-sixteen-byt' });
  await expect(short).rejects.toThrow('slipway.yml:4: serve: the secret has 16 bytes, and needs 32');
  await expect(short).rejects.not.toThrow('only-sixteen');
});

test.each([
  [':8443', { host: undefined, port: 8443 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['[::1]:80', { host: '::1', port: 80 }],
])('--listen %s', (text, expected) => expect(parseListen(text)).toEqual(expected));

test.each(['8443', 'a:b', ':70000', '::1:80'])('--listen %s is refused', text => {
  expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
