import { hostname, userInfo } from 'node:os';
import { expect, test } from '@jest/globals';
import { whoRuns } from '../../src/core/who-runs.ts';

test.each([
  [
    { GITHUB_ACTOR: 'octocat', GITHUB_REPOSITORY: 'acme/hello', GITHUB_RUN_ID: '7' },
    'octocat, acme/hello run 7 attempt 1',
  ],
  [
    { GITHUB_ACTOR: '', GITHUB_REPOSITORY: 'acme/hello', GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '2' },
    'unknown, acme/hello run 7 attempt 2',
  ],
  [{ GITHUB_ACTOR: 'octocat' }, 'octocat'],
  [{ GITHUB_ACTOR: '' }, `${userInfo().username}@${hostname()}`],
  [{}, `${userInfo().username}@${hostname()}`],
])('%j', (env, who) => {
  expect(whoRuns(env)).toBe(who);
});
