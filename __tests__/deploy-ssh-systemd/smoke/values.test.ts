import { expect, test } from '@jest/globals';
import { smoke } from '../../../src/deploy-ssh-systemd/smoke/values.ts';
import { smokeWords } from '../../../src/deploy-ssh-systemd/smoke/words.ts';

test('all of it, with the port wherever it is written', () => {
  const read = smoke.parse(`
check: [--check-config, --strict]
start: 3s
port: 18080
args: --listen=127.0.0.1:{port}
environment: { LISTEN: ':{port}', WORKERS: 2 }
state: shared
reach: ['tcp://db:5432', 'https://api.example.org/', 'https://api.example.org/health 200 within 1s']
timeout: 20s`);
  expect(read).toMatchObject({
    check: ['--check-config', '--strict'],
    start: 3000,
    args: ['--listen=127.0.0.1:18080'],
    environment: { PORT: '18080', LISTEN: ':18080', WORKERS: '2' },
    state: 'shared',
    timeout: 20_000,
  });
  expect(read.reach.map(({ name }) => name)).toEqual([
    'tcp db:5432',
    'https://api.example.org/',
    'https://api.example.org/health',
  ]);
  expect(read.reach[1]).toMatchObject({ status: [[100, 599]] });
  expect(smokeWords(read)).toMatch(
    /tcp db:5432, .* reachable, .*"--check-config".*on port 18080 for 3s, with the folders/,
  );
});

test('one argument may have blanks, and none is an argument, too', () => {
  expect(smoke.parse('check: check me').check).toEqual(['check me']);
  expect(smoke.parse('check: []').check).toEqual([]);
  expect(smoke.parse('{check: x}')).toMatchObject({ start: undefined, state: 'own', environment: {}, reach: [] });
});

test.each([
  ['{}', /neither check, start nor reach/],
  ['true', /it is not/],
  ['{start: 3}', /start/],
  ['{start: 3s, port: 80}', /port/],
  ['{check: x, port: 8080}', /port is for start/],
  ['{reach: "tcp://db:5432", state: own}', /state are for check and start/],
  ['{start: 3s, state: mine}', /state/],
  ['{start: 11m}', /between 100ms and 10m/],
  ['{start: 3s, environment: {"a b": x}}', /environment/],
  ['{check: "a\\nb"}', /more than one line/],
  ['{reach: "file:///etc"}', /./],
  ['{start: 3s, surprise: 1}', /surprise/],
])('%s is refused', (text, said) => {
  expect(() => smoke.parse(text)).toThrow(said);
});
