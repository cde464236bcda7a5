import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfigFile } from '../../src/core/config-file.ts';
import { commonInputs, type Inputs } from '../../src/core/inputs.ts';
import { duration, text } from '../../src/core/values.ts';
import { planChain } from '../../src/release/chain.ts';
import { checkLinks, type Schemas } from '../../src/release/check.ts';

const of = (inputs: Inputs) => ({ inputs: { ...inputs, ...commonInputs } });
const trust = {
  'known-hosts': { description: 'x', value: text },
  'host-fingerprints': { description: 'x', value: text },
};
const schemas: Schemas = {
  'setup-go-cross': of({ output: { description: 'x', value: text } }),
  'build-multiarch-image': of({ images: { description: 'x', value: text, required: true } }),
  'deploy-ssh-systemd': of({
    mode: { description: 'x', value: text, default: 'deploy' },
    'private-key': { description: 'x', value: text, secret: true },
    ...trust,
  }),
  'deploy-k8s-canary': of({ timeout: { description: 'x', value: duration } }),
  'verify-health': of({
    hold: { description: 'x', value: duration },
    mode: { description: 'x', value: text, default: 'verify' },
    identity: { description: 'x', value: text },
    'private-key': { description: 'x', value: text, secret: true },
    ...trust,
  }),
};

const pin = `SHA256:${'A'.repeat(43)}`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-check-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function check(content: string, env: NodeJS.ProcessEnv = {}) {
  await writeFile(join(folder, 'slipway.yml'), content);
  return checkLinks(planChain(await readConfigFile(join(folder, 'slipway.yml'))), schemas, env, folder);
}

test('a file that every action can read passes', async () => {
  await check(
    `image: { images: a }\ndeploy: [{ kind: deploy-ssh-systemd, private-key: { env: KEY }, host-fingerprints: '${pin}' }]`,
    {
      KEY: 'k',
    },
  );
});

test('inputs in the environment of the root action are none of the links', async () => {
  await check('image: { images: a }', { INPUT_VERSION: 'v1.0.0', INPUT_CONFIG: 'elsewhere.yml' });
});

test('the mistakes of all sections are in one error, each with its link', async () => {
  const content = [
    'image: {}',
    'deploy:',
    '  - { kind: deploy-ssh-systemd, name: web, private-key: { env: KEY } }',
    '  - { kind: deploy-k8s-canary, name: eu, timeout: 5 }',
    '  - { kind: deploy-k8s-canary, name: us, timeuot: 5m }',
    'verify: { hold: 3s }',
  ];
  await expect(check(content.join('\n'))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(
      /^build-multiarch-image: input "images" is missing.*; deploy-ssh-systemd \(web\): .*KEY is not set; deploy-k8s-canary \(eu\): input "timeout" is "5".*; deploy-k8s-canary \(us\): unknown key "timeuot".*did you mean "timeout"/,
    ),
  });
});

describe('inputs that need each other are looked at before the first link begins', () => {
  const hosts = (more = '') => `deploy: [{ kind: deploy-ssh-systemd, private-key: { env: KEY }${more} }]`;
  const pinned = hosts(`, host-fingerprints: '${pin}'`);
  const env = { KEY: 'k' };

  test.each([
    [
      'no host key',
      hosts(),
      /^deploy-ssh-systemd: neither input "known-hosts" nor "host-fingerprints" is given \(.*ssh-keyscan HOST/,
    ],
    [
      'a cut host key',
      hosts(", known-hosts: 'web1 ssh-ed25519 AAAA'"),
      /^deploy-ssh-systemd: input "known-hosts", line 1: its key is not a ssh-ed25519 key, or is cut \(.*ssh-keyscan/,
    ],
    [
      'hosts that verify cannot look into',
      `${pinned}\nverify: { hold: 3s }`,
      /^verify-health: input "private-key" is missing.*identity is reported or none; verify-health: neither input "known-hosts"/,
    ],
  ])('%s', async (_, content, message) => {
    await expect(check(content, env)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('Nothing was changed.'),
    });
  });

  test.each([
    ['nothing is to be proven', `${pinned}\nverify: { identity: none }`],
    ['verify only waits', `${pinned}\nverify: { mode: wait }`],
    ['there is no host', 'verify: { hold: 3s }'],
    ['verify has what it needs', `${pinned}\nverify: { private-key: { env: KEY }, host-fingerprints: '${pin}' }`],
  ])('no problem when %s', async (_, content) => {
    await check(content, env);
  });
});
