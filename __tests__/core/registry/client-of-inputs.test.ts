import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { registryClient } from '../../../src/core/registry/client-of-inputs.ts';

const signal = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-registries-'));
  const auth = Buffer.from('me:x').toString('base64');
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { 'quay.io': { auth } } }));
});
afterAll(() => rm(folder, { recursive: true }));

async function client(hosts: string[], username?: string, password?: string, env: NodeJS.ProcessEnv = {}) {
  const images = hosts.map(host => ({ host, path: 'acme/hello' }));
  const inputs = { images, insecure: false, 'registry-username': username, 'registry-password': password };
  using made = await registryClient(inputs, { DOCKER_CONFIG: folder, ...env }, signal);
  return made;
}

describe('a password is for one registry', () => {
  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ['the only one', ['ghcr.io'], {}],
    ['the only one, twice', ['ghcr.io', 'ghcr.io'], {}],
    ['the one that Docker’s config does not open', ['ghcr.io', 'quay.io'], {}],
    ['the one that GITHUB_TOKEN does not open', ['ghcr.io', 'docker.io'], { GITHUB_TOKEN: 't' }],
  ])('%s', async (_, hosts, env) => {
    await expect(client(hosts, 'me', 'secret', env)).resolves.toBeDefined();
  });

  test.each<[string, string[], string | undefined, string | undefined, NodeJS.ProcessEnv]>([
    ['it could be for two', ['ghcr.io', 'docker.io'], 'me', 'secret', {}],
    ['it could be for none', ['ghcr.io', 'quay.io'], 'me', 'secret', { GITHUB_TOKEN: 't' }],
    ['there are no images', [], 'me', 'secret', {}],
    ['the user is missing', ['ghcr.io'], undefined, 'secret', {}],
    ['the password is missing', ['ghcr.io'], 'me', undefined, {}],
  ])('an error when %s', async (_, hosts, username, password, env) => {
    await expect(client(hosts, username, password, env)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.not.stringContaining('secret'),
    });
  });
});
