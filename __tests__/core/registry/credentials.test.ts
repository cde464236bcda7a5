import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { firstOf, githubToken, given } from '../../../src/core/registry/credentials.ts';
import { dockerConfig } from '../../../src/core/registry/docker-config.ts';

const signal = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-docker-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function config(name: string, content: string): Promise<NodeJS.ProcessEnv> {
  const DOCKER_CONFIG = join(folder, name);
  await mkdir(DOCKER_CONFIG, { recursive: true });
  await writeFile(join(DOCKER_CONFIG, 'config.json'), content);
  return { PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter), DOCKER_CONFIG };
}

const auth = Buffer.from('me:pass:word').toString('base64');

describe('dockerConfig', () => {
  test.each([
    ['by host', 'ghcr.io', { 'ghcr.io': { auth } }],
    ['by an old URL', 'ghcr.io', { 'https://ghcr.io/v2/': { auth } }],
    ['of Docker Hub', 'docker.io', { 'https://index.docker.io/v1/': { auth } }],
    ['with a port', 'localhost:5000', { 'localhost:5000': { auth } }],
  ])('finds an entry %s', async (_, host, auths) => {
    const env = await config('entry', JSON.stringify({ auths }));
    expect(await dockerConfig(env, signal)(host)).toMatchObject({ username: 'me', password: 'pass:word' });
  });

  test.each([
    ['of another host', { auths: { 'ghcr.io.example.com': { auth } } }],
    ['of another port', { auths: { 'ghcr.io:444': { auth } } }],
    ['that is empty', { auths: { 'ghcr.io': {} } }],
    ['when there is none', {}],
  ])('finds no entry %s', async (_, content) => {
    expect(await dockerConfig(await config('none', JSON.stringify(content)), signal)('ghcr.io')).toBeUndefined();
  });

  test('no file is no error', async () => {
    expect(await dockerConfig({ DOCKER_CONFIG: join(folder, 'absent') }, signal)('ghcr.io')).toBeUndefined();
  });

  test('an identity token is one', async () => {
    const env = await config('identity', JSON.stringify({ auths: { 'ghcr.io': { identitytoken: 't' } } }));
    expect(await dockerConfig(env, signal)('ghcr.io')).toMatchObject({ identityToken: 't' });
  });

  test('asks a credential helper', async () => {
    await mkdir(join(folder, 'bin'), { recursive: true });
    const script = '#!/bin/sh\nread host\n[ "$host" = ghcr.io ] || exit 1\necho \'{"Username":"h","Secret":"s"}\'\n';
    await writeFile(join(folder, 'bin', 'docker-credential-test'), script, { mode: 0o755 });
    const source = dockerConfig(await config('helper', JSON.stringify({ credsStore: 'test' })), signal);
    expect(await source('ghcr.io')).toMatchObject({ username: 'h', password: 's', source: 'docker-credential-test' });
    expect(await source('quay.io')).toBeUndefined();
  });

  test('a helper that is not there is an error', async () => {
    const env = await config('lost', JSON.stringify({ credHelpers: { 'ghcr.io': 'lost' } }));
    await expect(dockerConfig(env, signal)('ghcr.io')).rejects.toMatchObject({ code: 'CREDENTIAL_HELPER' });
  });

  test.each([
    ['a file that is no JSON', '{"auths": {"ghcr.io": {"auth": "c2VjcmV0"'],
    ['an auth without colon', '{"auths": {"ghcr.io": {"auth": "c2VjcmV0"}}}'],
  ])('%s is an error that shows nothing of it', async (_, content) => {
    const failure = dockerConfig(await config('broken', content), signal)('ghcr.io');
    await expect(failure).rejects.toMatchObject({
      code: 'DOCKER_CONFIG_INVALID',
      message: expect.not.stringMatching(/c2VjcmV0|secret/),
    });
  });
});

test('credentials of one registry are shown to no other', async () => {
  const source = given('ghcr.io', 'me', 'x');
  expect(await source('ghcr.io')).toBeDefined();
  expect(await source('ghcr.io.example.com')).toBeUndefined();
  expect(await given('docker.io', 'me', 'x')('index.docker.io')).toBeDefined();
});

test('GITHUB_TOKEN opens ghcr.io only', async () => {
  const source = githubToken({ GITHUB_TOKEN: 't', GITHUB_ACTOR: 'octo' });
  expect(await source('ghcr.io')).toEqual({ username: 'octo', password: 't', source: 'GITHUB_TOKEN' });
  expect(await source('docker.io')).toBeUndefined();
  expect(await githubToken({})('ghcr.io')).toBeUndefined();
});

test('the first source that knows wins, and each is asked once', async () => {
  let asked = 0;
  const counting = async () => {
    asked++;
    return undefined;
  };
  const source = firstOf(counting, given('ghcr.io', 'a', 'b'), given('ghcr.io', 'c', 'd'));
  expect(await source('ghcr.io')).toMatchObject({ username: 'a' });
  await source('ghcr.io');
  expect(asked).toBe(1);
});
