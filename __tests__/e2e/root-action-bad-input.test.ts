import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runRootAction } from './root-action.ts';
import { removeFolder, repositoryOf, temporaryFolder } from './support.ts';

/** Stands for registry, host and cluster: whoever connects would have been about to change something. */
let place: Server;
let connections: number;
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await temporaryFolder();
  connections = 0;
  place = createServer(socket => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>(resolve => place.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(place.address() as AddressInfo).port}`;
  env = {
    IMAGE: `${address}/hello`,
    INSECURE_REGISTRIES: address,
    HOSTS: `deploy@${address}`,
    KNOWN_HOSTS: `[127.0.0.1]:${address.split(':')[1]} ssh-ed25519 ${someKey()}`,
    SSH_PRIVATE_KEY: 'not a key; nobody may get as far as reading it',
    KUBECONFIG_TEXT: '{}',
    NAMESPACE: 'nowhere',
    PROBES: `http://${address}/ 200`,
    HEALTH_CHECKS: `http://${address}/ 200`,
    // A build would have to ask this for the toolchain and the modules.
    GOPROXY: `http://${address}`,
  };
});

afterEach(async () => {
  await new Promise(resolve => place.close(resolve));
  await removeFolder(folder);
});

/** The public key of a host that does not exist, as known_hosts has it. */
function someKey(): string {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([field(Buffer.from('ssh-ed25519')), field(randomBytes(32))]).toString('base64');
}

type Edit = (text: string) => string;
const cases: [name: string, edit: Edit, without: string[], expected: string[]][] = [
  ['a file that is not YAML', text => `${text}\nverify: [`, [], ['slipway.yml', 'line']],
  ['a file that is a list', () => '- build\n', [], ['slipway.yml', 'not a map']],
  ['an unknown section', text => text.replace('build:', 'bild:'), [], ['unknown key "bild"', 'did you mean "build"']],
  [
    'an unknown key in the last section',
    text => text.replace('  checks:', '  check:'),
    [],
    ['verify-health', 'unknown key "check"', 'did you mean "checks"'],
  ],
  [
    'an unknown target',
    text => text.replace('linux/arm64', 'linux/amr64'),
    [],
    ['setup-go-cross', '"targets"', 'linux/amr64'],
  ],
  [
    'an image reference that does not parse',
    text => text.replace('{ env: IMAGE }', 'registry.example.com/Hello World'),
    [],
    ['build-multiarch-image', '"images"', 'Hello World'],
  ],
  [
    'a duration without a unit',
    text => text.replace('healthy-deadline: 20s', 'healthy-deadline: 20'),
    [],
    ['deploy-ssh-systemd (hosts)', '"healthy-deadline"', '"20"', '300ms'],
  ],
  [
    'steps that do not end at 100',
    text => text.replace('[0, 50, 100]', '[0, 50]'),
    [],
    ['deploy-k8s-canary (cluster)', '"steps"'],
  ],
  ['a missing secret', text => text, ['SSH_PRIVATE_KEY'], ['"private-key"', 'SSH_PRIVATE_KEY is not set']],
  ['a missing variable', text => text, ['HOSTS'], ['"hosts"', 'HOSTS is not set']],
  [
    'a secret in plain text',
    text => text.replace('private-key: { env: SSH_PRIVATE_KEY }', 'private-key: hunter2-hunter2'),
    [],
    ['"private-key"', '{env: NAME}'],
  ],
];

// Else that nothing was begun would say nothing.
test('the same slipway.yml without a mistake is begun', async () => {
  const repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.0.0');
  const { code, output } = await runRootAction({ folder, repository, env, timeout: 100_000 });
  expect([code, output]).toEqual([1, expect.any(String)]);
  expect(existsSync(join(repository, 'slipway-out')) || connections > 0).toBe(true);
}, 120_000);

describe('a slipway.yml that cannot be carried out', () => {
  test.each(cases)('%s: exit 1, one error, nothing begun', async (_, edit, without, expected) => {
    const repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.0.0', { 'slipway.yml': edit });
    const given = Object.fromEntries(Object.entries(env).filter(([name]) => !without.includes(name)));
    const { code, output } = await runRootAction({ folder, repository, env: given, timeout: 20_000 });
    const errors = output.split('\n').filter(line => line.startsWith('::error'));
    expect([code, errors.length, output]).toEqual([1, 1, expect.any(String)]);
    for (const part of expected) expect(errors[0]).toContain(part);
    expect(output).not.toContain('hunter2');
    expect(existsSync(join(repository, 'slipway-out'))).toBe(false);
    expect(connections).toBe(0);
  });
});
