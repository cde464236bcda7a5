import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LoadedRecord } from '../../../src/core/record/files.ts';
import { parseRecord } from '../../../src/core/record/parse.ts';
import { follow } from '../../../src/release/github/follow.ts';
import type { Mode } from '../../../src/release/modes.ts';
import { printed, withGitHub } from './support.ts';

const { fake } = withGitHub();
const commit = 'a'.repeat(40);
let folder: string;
let record: LoadedRecord;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-follow-'));
  await writeFile(join(folder, 'summary.md'), 'what the step before wrote\n');
  await writeFile(join(folder, 'event.json'), JSON.stringify({ pull_request: { number: 7 } }));
  const text = JSON.stringify({ schema: 'slipway.release/v1', name: 'hello', version: 'v1.2.3', commit });
  record = { file: join(folder, 'release.json'), record: parseRecord(text, 'test') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function following(mode: Mode, more: NodeJS.ProcessEnv = {}, signal = new AbortController().signal) {
  const env = fake().env({ GITHUB_STEP_SUMMARY: join(folder, 'summary.md'), ...more });
  return follow({ mode, environment: 'production', url: 'https://hello.example.com', env, signal });
}
const states = () => fake().repository.deployments.map(one => one.statuses.map(({ state }) => state).join(' → '));
const statuses = () =>
  fake().repository.commitStatuses.map(one => `${one['context']} ${one['state']}: ${one['description']}`);

describe('what GitHub is told of a run', () => {
  test('a release that is verified', async () => {
    using follower = await following('release');
    await follower.begins(record.record);
    expect([states(), statuses()]).toEqual([['in_progress'], ['slipway/production pending: deploying v1.2.3']]);
    expect(await follower.ends({ failed: false, state: 'healthy', verdict: 'verified', record })).toBeUndefined();
    expect(states()).toEqual(['in_progress → success']);
    expect(statuses().at(-1)).toBe('slipway/production success: verified: v1.2.3');
  });

  test('one that was taken back', async () => {
    using follower = await following('promote');
    await follower.begins(record.record);
    await follower.ends({ failed: true, state: 'rolled-back', record });
    expect([states(), statuses().at(-1)]).toEqual([
      ['in_progress → failure'],
      'slipway/production failure: rolled-back: v1.2.3',
    ]);
  });

  test('one that was cancelled', async () => {
    const controller = new AbortController();
    using follower = await following('deploy', {}, controller.signal);
    await follower.begins(record.record);
    controller.abort(new Error('cancelled'));
    await follower.ends({ failed: true });
    expect([states(), statuses().at(-1)]).toEqual([
      ['in_progress → failure'],
      'slipway/production failure: failed: v1.2.3',
    ]);
  });

  test('a rollout that is held stays under way', async () => {
    using follower = await following('deploy');
    await follower.begins(record.record);
    await follower.ends({ failed: false, state: 'paused', record });
    expect(states()).toEqual(['in_progress']);
  });

  test('abort ends what the job before it left, in the same run', async () => {
    using dead = await following('deploy');
    await dead.begins(record.record);
    using follower = await following('abort');
    await follower.ends({ failed: false });
    expect(states()).toEqual(['in_progress → error']);
  });

  test('a rollback without a version withdraws the deployment that serves no more', async () => {
    using bad = await following('release');
    await bad.begins(record.record);
    await bad.ends({ failed: false, record });
    for (const changed of [false, true]) {
      expect(states()).toEqual(['in_progress → success']);
      using follower = await following('rollback', { GITHUB_RUN_ID: '101' });
      await follower.ends({ failed: false, changed });
    }
    expect(states()).toEqual(['in_progress → success → inactive']);
  });

  test('the plan of a pull request is its comment, and only what this run wrote', async () => {
    using follower = await following('plan', {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: join(folder, 'event.json'),
    });
    await appendFile(join(folder, 'summary.md'), '## Plan\nweb1: v1.2.2 → v1.2.3\n\n');
    await follower.ends({ failed: false, record });
    expect(fake().repository.comments.map(one => one['body'])).toEqual([
      '<!-- slipway: plan production -->\n## Plan\nweb1: v1.2.2 → v1.2.3',
    ]);
  });

  test('an audit opens its issue, and closes it when all is well again', async () => {
    for (const failed of [true, false]) {
      using follower = await following('audit');
      await appendFile(join(folder, 'summary.md'), failed ? 'web1 runs another binary' : 'all is well');
      await follower.ends({ failed, record });
      expect(fake().repository.issues).toMatchObject([
        { title: 'The audit of production failed', state: failed ? 'open' : 'closed' },
      ]);
    }
  });

  test('an audit that could not be begun says nothing about the environment', async () => {
    using follower = await following('audit');
    await follower.ends({ failed: true });
    expect(fake().repository.issues).toEqual([]);
  });

  test('at its tag a release is published when nothing failed, and what keeps it from that is returned', async () => {
    const tag = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1.2.3' };
    for (const [mode, failed] of [
      ['release', true],
      ['deploy', false],
    ] as const) {
      using follower = await following(mode, tag);
      expect(await follower.ends({ failed, record })).toBeUndefined();
    }
    expect(fake().repository.releases).toEqual([]);
    using follower = await following('release', tag);
    expect(await follower.ends({ failed: false, record })).toMatchObject({ code: 'RELEASE_TAG_MISSING' });
    fake().repository.tags.set('v1.2.3', { sha: commit });
    expect(await printed(() => follower.ends({ failed: false, record }))).toContain('all uploaded');
    expect(fake().repository.releases).toMatchObject([{ tag_name: 'v1.2.3', draft: false }]);
  });

  test('away from GitHub nothing is told', async () => {
    using follower = await following('release', { GITHUB_TOKEN: '' });
    await follower.begins(record.record);
    expect(await follower.ends({ failed: false, record })).toBeUndefined();
    expect(fake().seen).toEqual([]);
  });
});
