import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { parseConfig } from '../../src/core/config-file.ts';
import { sectionTexts } from '../../src/core/config-section.ts';
import { readInputs } from '../../src/core/inputs.ts';
import { recordSchema } from '../../src/core/record/schema.ts';
import { planChain } from '../../src/release/chain.ts';
import { schemas } from '../../src/release/definitions.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFile(join(root, path), 'utf8');
const compiled = async (path: string) =>
  new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(JSON.parse(await read(path)));

const slipway = await compiled('schema/slipway.schema.json');
const release = await compiled('schema/release.schema.json');
const readme = /```yaml\n(build:.*?)```/s.exec(await read('README.md'))![1]!;
const examples: [name: string, text: string][] = [
  ['examples/hello', await read('examples/hello/slipway.yml')],
  ['a server and a NAS', await read('examples/hello/slipway.nas.yml')],
  ['examples/podinfo', await read('examples/podinfo/slipway.yml')],
  ['examples/clusters', await read('examples/clusters/slipway.yml')],
  ['the README', readme],
  [
    'a file with environments',
    'records: { oci: ghcr.io/acme/hello }\nnotify: [{ slack: { env: SLACK }, on: failed }, { webhook: "https://example.com", secret: { file: key } }]\ndeploy: [{ kind: deploy-ssh-systemd, name: hosts }]\nenvironments:\n  staging:\n  production:\n    url: https://hello.example.com\n    freeze: [{ from: Fri 16:00, to: Mon 08:00, zone: Europe/Berlin, why: weekend }]\n    notify: [{ email: ops@example.com, from: ops@example.com, server: "smtp://localhost" }]\n    require: [signed, { verified-in: staging }]\n    deploy: [{ name: hosts, hosts: web1 }]\n    verify: { hold: 3s }\n',
  ],
];

describe('schema/slipway.schema.json', () => {
  test.each(examples)('accepts the slipway.yml of %s', (_, text) => {
    expect([slipway(parse(text)), slipway.errors]).toEqual([true, null]);
  });

  test.each([
    ['an unknown section', (text: string) => text.replace('build:', 'bild:')],
    ['an unknown key', (text: string) => text.replace('targets:', 'tragets:')],
    ['an unknown key of a deployment', (text: string) => text.replace('service:', 'sevice:')],
    ['a secret in plain text', (text: string) => text.replace('{ env: SSH_PRIVATE_KEY }', 'hunter2')],
    ['what only a step can say', (text: string) => text.replace('build:', 'build:\n  release: x')],
    ['a duration without a unit', (text: string) => text.replace('deadline: 30s', 'deadline: 30')],
    ['a finding that is none', (text: string) => `${text}\nenvironments: { a: { require: [singed] } }`],
    ['a build of an environment', (text: string) => `${text}\nenvironments: { a: { build: {} } }`],
    ['a chat’s address in plain text', (text: string) => `${text}\nnotify: [{ slack: https://example.com/ }]`],
    ['news of what is none', (text: string) => `${text}\nnotify: [{ slack: { env: A }, on: [maybe] }]`],
    ['a freeze without its reason', (text: string) => `${text}\nfreeze: [{ from: Fri 16:00, to: Mon 08:00 }]`],
    ['records of another kind', (text: string) => `${text}\nrecords: s3`],
  ])('refuses %s', (_, edit) => {
    const edited = edit(examples[0]![1]);
    expect(edited).not.toBe(examples[0]![1]);
    expect(slipway(parse(edited))).toBe(false);
  });
});

test('the README’s slipway.yml is one that every action can read', async () => {
  const file = parseConfig(readme.replace(/ssh-ed25519 AAAA…/, 'ssh-ed25519 AAAA'), 'README.md');
  const links = planChain(file);
  expect(links.map(link => link.action)).toEqual([
    'setup-go-cross',
    'build-multiarch-image',
    'deploy-ssh-systemd',
    'verify-health',
  ]);
  const { kind, ...hosts } = file.deploy![0]!;
  for (const [action, section] of [
    ['setup-go-cross', file.build!],
    ['build-multiarch-image', file.image!],
    [kind, hosts],
    ['verify-health', file.verify!],
  ] as const) {
    const { inputs } = schemas[action];
    const texts = await sectionTexts(section, inputs, {
      at: () => 'README.md',
      directory: root,
      env: { SSH_PRIVATE_KEY: 'the key of a test' },
    });
    expect(readInputs(inputs, {}, texts)).toBeDefined();
  }
});

test('the README’s workflow has 15 lines', async () => {
  const workflow = /```yaml\n(on:.*?)```/s.exec(await read('README.md'))![1]!;
  expect(workflow.trimEnd().split('\n')).toHaveLength(15);
  expect(parse(workflow).jobs.release.steps).toHaveLength(3);
});

describe('schema/release.schema.json', () => {
  const record = { schema: recordSchema, name: 'x', version: 'v1', later: { a: 1 } };
  test('accepts a record with a field of later versions', () => {
    expect([release(record), release.errors]).toEqual([true, null]);
  });
  test.each([
    ['another major version', { ...record, schema: 'slipway.release/v2' }],
    [
      'a hash that is none',
      { ...record, binaries: [{ package: 'x', target: 'linux/amd64', path: 'x', size: 1, sha256: 'a' }] },
    ],
  ])('refuses %s', (_, data) => expect(release(data)).toBe(false));
});
