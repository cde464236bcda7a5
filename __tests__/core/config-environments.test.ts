import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/core/config-file.ts';
import { parseLocator } from '../../src/core/config-section.ts';

const file = `deploy:
  - kind: deploy-ssh-systemd
    name: hosts
    service: hello
    keep-releases: 5
  - { kind: deploy-k8s-canary, namespace: default }
verify: { hold: 2s, deadline: 30s }
environments:
  staging:
  production:
    url: https://hello.example.com
    require: [tagged, { verified-in: staging }]
    deploy:
      - name: hosts
        hosts: deploy@web1.example.com
        keep-releases: 9
      - { kind: deploy-k8s-canary, namespace: hello }
      - kind: deploy-ssh-systemd
        name: worker
        service: worker
    verify:
      hold: 9s
`;
const production = parseConfig(file, 'slipway.yml', 'production');

describe('an environment of slipway.yml', () => {
  test('is laid over the file input by input; what it alone has is added', () => {
    expect(production).toMatchObject({ environment: 'production', url: 'https://hello.example.com' });
    expect(production.require).toEqual(['tagged', { 'verified-in': 'staging' }]);
    expect(production.verify).toEqual({ hold: '9s', deadline: '30s' });
    expect(production.deploy).toEqual([
      {
        kind: 'deploy-ssh-systemd',
        name: 'hosts',
        service: 'hello',
        hosts: 'deploy@web1.example.com',
        'keep-releases': 9,
      },
      { kind: 'deploy-k8s-canary', namespace: 'hello' },
      { kind: 'deploy-ssh-systemd', name: 'worker', service: 'worker' },
    ]);
  });

  test('that has nothing of its own is the file', () => {
    const staging = parseConfig(file, 'slipway.yml', 'staging');
    expect([staging.deploy, staging.verify, staging.require]).toEqual([
      parseConfig(file, 'slipway.yml').deploy,
      { hold: '2s', deadline: '30s' },
      [],
    ]);
  });

  test('each value is found at the line where it was written', () => {
    const lines = [
      ['deploy', 0, 'service'],
      ['deploy', 0, 'keep-releases'],
      ['deploy', 1, 'namespace'],
      ['deploy', 2, 'service'],
      ['deploy', 2],
      ['verify', 'hold'],
      ['verify', 'deadline'],
      ['deploy', 0, 'not there'],
    ].map(path => production.at(path));
    expect(lines).toEqual([4, 16, 17, 20, 18, 22, 7, 2].map(line => `slipway.yml:${line}`));
  });

  test.each([
    ['prod', 'slipway.yml:8: there is no environment "prod"; there are staging, production'],
    ['stagin', 'there is no environment "stagin" (did you mean "staging"?)'],
  ])('%s is not there', (name, message) => {
    expect(() => parseConfig(file, 'slipway.yml', name)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });

  test.each([
    ['build: {}', 'slipway.yml:2: it has no environments, so not "production" either', false],
    ['environments: [a]', 'slipway.yml:2: "environments" is not a map of names'],
    ['environments:\n  a b: {}', 'slipway.yml:3: the environment "a b": a name has letters'],
    ['environments:\n  a: { build: {} }', 'slipway.yml:3: "environments.a" has "build": a release is built once'],
    [
      'environments:\n  a:\n    verfy: {}',
      'slipway.yml:4: unknown key "verfy" of environment "a" (did you mean "verify"?)',
    ],
    ['environments:\n  a:\n    require: x', 'slipway.yml:4: "environments.a.require" is not a list'],
    ['environments:\n  a:\n    deploy:\n      - name: x', 'slipway.yml:5: environments.a.deploy[0].kind is ""'],
    ['environments:\n  a:\n    deploy:\n      - {}', 'slipway.yml:5: environments.a.deploy[0].kind is ""'],
  ])('%j is refused, with its line, whichever environment is asked for', (content, message, always = true) => {
    const parse = (name?: string) => parseConfig(`version: v1\n${content}`, 'slipway.yml', name);
    for (const name of always ? [undefined, 'production'] : ['production'])
      expect(() => parse(name)).toThrow(
        expect.objectContaining({ message: expect.stringContaining(message.replace(':2: it', ': it')) }),
      );
  });
});

test.each([
  ['slipway.yml', { path: 'slipway.yml' }],
  ['slipway.yml@production', { path: 'slipway.yml', environment: 'production' }],
  ['a/slipway.yml@production#hosts', { path: 'a/slipway.yml', environment: 'production', deployment: 'hosts' }],
  ['slipway.yml#a@b', { path: 'slipway.yml', deployment: 'a@b' }],
  ['c#@1/slipway.yml', { path: 'c#@1/slipway.yml' }],
  ['slipway@v1.yml', { path: 'slipway@v1.yml' }],
])('the locator %s', (text, read) => {
  expect(parseLocator(text)).toEqual(read);
});
