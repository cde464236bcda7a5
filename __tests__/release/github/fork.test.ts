import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pullRequestOf, refuseFork } from '../../../src/release/github/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-fork-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const repository = { full_name: 'acme/hello' };
const pull = (repo: object | null) => ({ repository, pull_request: { number: 12, head: { repo } } });
const events = {
  fork: pull({ full_name: 'eve/hello' }),
  deletedFork: pull(null),
  branch: pull(repository),
  push: { repository, ref: 'refs/heads/main' },
  runOfFork: { repository, workflow_run: { event: 'pull_request', head_repository: { full_name: 'eve/hello' } } },
  runOfPush: { repository, workflow_run: { event: 'push', head_repository: repository } },
};

async function env(event: keyof typeof events, name: string): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, `${event}.json`);
  await writeFile(path, JSON.stringify(events[event]));
  return { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path };
}

describe('a pull request of a fork', () => {
  const changing = ['release', 'deploy', 'rollback', 'promote', 'resume', 'abort', 'pause', 'audit'];

  test.each(changing)('may not %s', async mode => {
    const refused = refuseFork(await env('fork', 'pull_request'), mode);
    await expect(refused).rejects.toMatchObject({
      code: 'FORK_REFUSED',
      message: `mode ${mode} was asked for by pull request 12 of the fork eve/hello: nobody of this repository has`,
      hint: expect.stringContaining('Nothing was touched'),
    });
  });

  test.each(['plan', 'status', 'verify', 'build'])('may %s', async mode => {
    await refuseFork(await env('fork', 'pull_request'), mode);
  });

  test.each(['status', 'verify', 'build', 'deploy'])('may not %s where a workflow brings secrets', async mode => {
    for (const [event, name] of [
      ['fork', 'pull_request_target'],
      ['runOfFork', 'workflow_run'],
    ] as const)
      await expect(refuseFork(await env(event, name), mode)).rejects.toMatchObject({ code: 'FORK_REFUSED' });
  });

  test('a fork that was deleted meanwhile is one', async () => {
    await expect(refuseFork(await env('deletedFork', 'pull_request'), 'deploy')).rejects.toMatchObject({
      code: 'FORK_REFUSED',
    });
  });

  test.each([
    ['branch', 'pull_request'],
    ['push', 'push'],
    ['runOfPush', 'workflow_run'],
  ] as const)('what is no fork may deploy: %s', async (event, name) => {
    await refuseFork(await env(event, name), 'deploy');
  });

  test('without an event there is no fork; one that cannot be read is no permission', async () => {
    await refuseFork({}, 'deploy');
    const refused = refuseFork({ GITHUB_EVENT_PATH: join(folder, 'missing.json') }, 'deploy');
    await expect(refused).rejects.toMatchObject({ code: 'EVENT_UNREADABLE' });
  });

  test('its number, for the comment', async () => {
    expect(await pullRequestOf(await env('fork', 'pull_request'))).toBe(12);
    expect(await pullRequestOf(await env('push', 'push'))).toBeUndefined();
  });
});
