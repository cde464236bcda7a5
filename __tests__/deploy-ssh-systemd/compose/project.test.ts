import { describe, expect, test } from '@jest/globals';
import { SlipwayError } from '../../../src/core/errors.ts';
import { readProject } from '../../../src/deploy-ssh-systemd/compose/project.ts';

const around = {
  service: 'Shop',
  engine: undefined,
  environment: {},
  secretEnvironment: { TOKEN: 'a-token-8841' },
  credentials: {},
};
const read = (text: string) => readProject(text, 'compose.yaml', around);
const web = (more: string) => `services:\n  web:\n    image: nginx:1\n    ${more}\n`;

test('the name of the project is the file’s, else the service’s', () => {
  expect(read(web('user: "0"')).name).toBe('shop');
  expect(read(`name: blog\n${web('user: "0"')}`).name).toBe('blog');
});

test.each([
  ['passed through by name', 'environment: [TOKEN]'],
  ['empty', 'environment: { DB_PASSWORD: "" }'],
  ['a path of it', 'environment: { DB_PASSWORD_FILE: /run/secrets/db }'],
  ['put in from elsewhere', 'environment: ["DB_PASSWORD=$OTHER"]'],
  ['a URL without a password', 'environment: { DB: "postgres://store:5432/shop" }'],
  ['a volume and a folder of the host', 'volumes: ["data:/data", "/srv/conf:/conf:ro"]'],
])('accepted: %s', (_, more) => {
  expect(Object.keys(read(web(more)).services)).toEqual(['web']);
});

describe('refused', () => {
  test.each([
    ['no YAML', 'services: [', /it is no YAML/],
    ['a list', '- web', /it is no map/],
    ['no services', 'version: "3"', /has no services/],
    ['no image', 'services: { web: { command: x } }', /web has no `image`/],
    ['a build alone', 'services: { web: { build: . } }', /web has a `build` and no `image`/],
    ['a name that is none', `name: Blog!\n${web('user: "0"')}`, /"Blog!" is no name/],
    ['a password', web('environment: { DB_PASSWORD: hunter22 }'), /secret written out, DB_PASSWORD$/],
    ['a password in a list', web('environment: ["API_KEY=abc"]'), /secret written out, API_KEY$/],
    ['a password in a URL', web('environment: { DB: "postgres://me:pw@store/shop" }'), /written out, DB$/],
    ['a password that stands in', web('environment: ["DB_PASSWORD=$' + '{P:-hunter22}"]'), /written out, DB_PASSWORD$/],
    ['a value of the inputs', web('command: ["--key", "a-token-8841"]'), /it has the value of TOKEN$/],
    ['a secret that is put in', web('command: ["$TOKEN"]'), /it has the secret TOKEN put in/],
    ['a private key', web('command: ["-----BEGIN RSA PRIVATE KEY-----"]'), /a private key/],
    ['a file of variables', web('env_file: .env'), /web has `env_file`/],
    ['a limit', web('deploy: { resources: { limits: { memory: 1g } } }'), /limits in `deploy`/],
    ['a folder beside the file', web('volumes: ["./conf:/conf"]'), /web mounts .\/conf/],
    ['another file', `include: [other.yaml]\n${web('user: "0"')}`, /includes other files/],
  ])('%s', (_, text, words) => {
    expect(() => read(text)).toThrow(words);
    expect(() => read(text)).toThrow(SlipwayError);
  });

  test('no limit of one service is, where docker is to run it', () => {
    const own = web('mem_limit: 1g\n    deploy: { resources: { limits: { cpus: "1" } } }');
    expect(() => read(own)).toThrow(/`mem_limit`.*limits in `deploy`/);
    expect(() => readProject(own, 'compose.yaml', { ...around, engine: 'docker' })).not.toThrow();
  });

  test('the secret itself is in no error', () => {
    expect(() => read(web('environment: { DB_PASSWORD: hunter22 }'))).not.toThrow(/hunter22/);
  });
});
