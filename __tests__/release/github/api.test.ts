import { describe, expect, test } from '@jest/globals';
import type { GitHubApi } from '../../../src/release/github/api.ts';
import { failureOf } from '../../../src/release/github/failure.ts';
import { openGitHub } from '../../../src/release/github/index.ts';
import { placeOf } from '../../../src/release/github/place.ts';
import { commitStatus } from '../../../src/release/github/status.ts';
import { printed, withGitHub } from './support.ts';

const { fake } = withGitHub();
const status = {
  commit: 'b'.repeat(40),
  context: 'slipway/production',
  state: 'success',
  description: 'verified',
} as const;
const client = (env: NodeJS.ProcessEnv = {}): GitHubApi => fake().api(placeOf(fake().env(env))!);
const set = (api = client(), signal = new AbortController().signal) => commitStatus(api, status, signal);

describe('the client', () => {
  test('a commit status, with the run as its target', async () => {
    await set();
    const { commit: sha, ...rest } = status;
    const target_url = 'https://github.test/acme/hello/actions/runs/100';
    expect(fake().repository.commitStatuses).toEqual([{ ...rest, sha, target_url }]);
  });

  test.each([
    { name: '429 with Retry-After', what: { status: 429, headers: { 'retry-after': '0' } } },
    { name: '403 with Retry-After', what: { status: 403, headers: { 'retry-after': '1' } } },
    {
      name: '403 with nothing left until the reset',
      what: { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
    },
    { name: '500', what: { status: 500 } },
    { name: '502 with a page of HTML', what: { status: 502, body: '<html>Unicorn</html>' } },
    { name: 'a cut connection', what: 'reset-before' as const },
    { name: 'a lost answer', what: 'reset-after' as const },
  ])('$name: tried again, and done', async ({ what }) => {
    fake().faults.push({ at: /./, what });
    await printed(() => set());
    expect(fake().repository.commitStatuses.length).toBeGreaterThan(0);
  });

  test.each([
    { status: 401, code: 'GITHUB_UNAUTHORIZED' },
    { status: 403, code: 'GITHUB_PERMISSION' },
    { status: 404, code: 'GITHUB_NOT_FOUND' },
    { status: 409, code: 'GITHUB_FAILED' },
    { status: 422, code: 'GITHUB_REFUSED' },
  ])('$status is final: asked once', async ({ status: given, code }) => {
    fake().faults.push({ at: /./, what: { status: given }, times: 9 });
    await expect(set()).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(fake().seen).toHaveLength(1);
  });

  test('a limit that ends later than there is time says when, at once', async () => {
    const reset = String(Math.floor(Date.now() / 1000) + 1800);
    fake().faults.push({
      at: /./,
      what: { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } },
    });
    await expect(set()).rejects.toMatchObject({
      code: 'GITHUB_RATE_LIMIT',
      message: expect.stringMatching(/again in 1[78]\d\d s/),
    });
    expect(fake().seen).toHaveLength(1);
  });

  test('a wrong token says what to pass', async () => {
    const failed = set(client({ GITHUB_TOKEN: 'old' }));
    await expect(failed).rejects.toMatchObject({
      code: 'GITHUB_UNAUTHORIZED',
      hint: expect.stringContaining('github.token'),
    });
  });

  test('something that is no API of GitHub says so', async () => {
    fake().faults.push({ at: /./, what: { status: 200, body: '<html>log in</html>' } });
    await expect(set()).rejects.toMatchObject({ code: 'GITHUB_ANSWER' });
  });

  test('nobody there: the address, and what to check', async () => {
    const api = client({ GITHUB_API_URL: 'http://127.0.0.1:9' });
    await printed(() =>
      expect(set(api)).rejects.toMatchObject({
        code: 'GITHUB_UNREACHABLE',
        hint: expect.stringContaining('http://127.0.0.1:9'),
      }),
    );
  });
});

/** As GitHub documents its limits: what to wait for, when it says nothing by a header. */
test.each([
  {
    name: 'a secondary limit without a header',
    status: 403,
    headers: {},
    message: 'You have exceeded a secondary rate limit',
    wait: 60_000,
  },
  { name: '429 without a header', status: 429, headers: {}, message: '', wait: 60_000 },
  { name: 'Retry-After', status: 403, headers: { 'retry-after': '30' }, message: '', wait: 30_000 },
  {
    name: 'the reset',
    status: 429,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1010' },
    message: '',
    wait: 10_000,
  },
])('how long to wait: $name', ({ status: given, headers, message, wait }) => {
  const failure = failureOf({ status: given, headers, body: { message } }, 'x', 'contents: read', 1_000_000);
  expect(failure).toMatchObject({ code: 'GITHUB_RATE_LIMIT', passing: true, wait });
});

test('422 says what is wrong with each field', () => {
  const body = {
    message: 'Validation Failed',
    errors: [{ resource: 'Release', field: 'tag_name', code: 'already_exists' }, { message: 'No ref found' }],
  };
  const failure = failureOf({ status: 422, headers: {}, body }, 'x', 'contents: write', 0);
  expect(failure.message).toBe(
    'x: GitHub answers 422 (Validation Failed); Release.tag_name already_exists; No ref found',
  );
  expect(failure.reasons).toEqual(['already_exists']);
});

describe('where GitHub is', () => {
  const env = { GITHUB_TOKEN: 't', GITHUB_REPOSITORY: 'acme/hello' };
  const { signal } = new AbortController();

  test.each([
    { name: 'no token', env: { GITHUB_REPOSITORY: 'acme/hello' } },
    { name: 'no repository: a terminal', env: { GITHUB_TOKEN: 't' } },
    { name: 'Gitea', env: { ...env, GITEA_ACTIONS: 'true', GITHUB_API_URL: 'https://gitea.example.com/api/v1' } },
    { name: 'Forgejo', env: { ...env, FORGEJO_ACTIONS: 'true', GITHUB_API_URL: 'https://forgejo.example.com/api/v1' } },
    { name: 'act, with GitHub’s own API', env: { ...env, ACT: 'true', GITHUB_API_URL: 'https://api.github.com' } },
  ])('nothing is told: $name', ({ env: given }) => {
    expect(openGitHub(given, signal)).toBeUndefined();
  });

  test('a GitHub Enterprise Server is where the runner says', () => {
    expect(placeOf({ ...env, GITHUB_API_URL: 'https://ghe.example.com/api/v3/' })?.api).toBe(
      'https://ghe.example.com/api/v3',
    );
    expect(placeOf(env)?.api).toBe('https://api.github.com');
  });
});
