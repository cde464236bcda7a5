import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { schemas } from '../../../src/release/definitions.ts';
import type { Mode } from '../../../src/release/modes.ts';
import type { News } from '../../../src/release/notify/news.ts';
import { perform } from '../../../src/release/perform.ts';
import { blocksOf } from '../../docs/blocks.ts';
import { listener, news } from './support.ts';

const secret = 'k'.repeat(32);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-news-'));
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(directory, { recursive: true, force: true });
});

/** An action played by a few lines: it leaves a record with one deployment and one verdict behind, and ends so. */
async function played(name: string, record: object, outputs: Record<string, string>, code: number): Promise<void> {
  const file = join(directory, 'slipway-out', 'release.json');
  const folder = join(directory, 'dist', name);
  await mkdir(folder, { recursive: true });
  const lines = Object.entries({ release: file, ...outputs }).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(
    join(folder, 'index.js'),
    `const fs = require('fs'), now = new Date().toISOString();
    fs.mkdirSync(${JSON.stringify(join(directory, 'slipway-out'))}, { recursive: true });
    fs.writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(JSON.stringify(record))}.replaceAll('NOW', now));
    fs.appendFileSync(process.env.GITHUB_OUTPUT, ${JSON.stringify(lines.join(''))});
    process.exitCode = ${code};`,
  );
}

const recordOf = (state: string, verification?: object) => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1.2.3',
  deployments: [
    {
      kind: 'ssh-systemd',
      place: 'old',
      service: 'hello',
      release: 'v0',
      previous: '',
      state: 'healthy',
      by: 'me',
      started: '2020-01-01T00:00:00.000Z',
      evidence: {},
    },
    {
      kind: 'ssh-systemd',
      place: 'web1',
      service: 'hello',
      release: 'v1.2.3-0a',
      previous: 'v1.2.2-9f',
      state,
      by: 'me',
      started: 'NOW',
      ended: 'NOW',
      evidence: { reason: 'it answered 500' },
    },
  ],
  ...(verification === undefined ? {} : { verification }),
});

async function told(
  mode: Mode,
  { state = 'healthy', code = 0, verification = undefined as object | undefined, cancelled = false },
) {
  await using on = await listener({ status: 200 });
  const controller = new AbortController();
  await played('deploy-ssh-systemd', recordOf(state, verification), { state, changed: 'true' }, code);
  await writeFile(
    join(directory, 'slipway.yml'),
    `notify: [{ webhook: "${on.url}", secret: { env: KEY } }]
deploy: [{ kind: deploy-ssh-systemd, hosts: deploy@web1, private-key: { env: KEY }, known-hosts: "web1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP9NWvFvxzLgzAnNqM9VpjTgwzkgPQ6mJVVx0nKvCc8z", service: hello, binary: hello }]\n`,
  );
  const result = await perform(
    { mode, config: 'slipway.yml', release: [], directory, summary: true },
    {
      dist: join(directory, 'dist'),
      schemas,
      env: {
        PATH: process.env['PATH'],
        KEY: secret,
        GITHUB_SERVER_URL: 'https://github.com',
        GITHUB_REPOSITORY: 'acme/hello',
        GITHUB_RUN_ID: '7',
        GITHUB_ACTOR: 'octocat',
      },
      signal: controller.signal,
      summary: async () => undefined,
      onDone: () => cancelled && controller.abort(new Error('cancelled')),
      onOutput: () => undefined,
    },
  );
  const heard = on.heard.map(({ body, headers }) =>
    new Webhook(secret, { format: 'raw' }).verify(body, headers as Record<string, string>),
  );
  return { result, news: heard };
}

const verified = { verdict: 'verified', checks: [], reasons: [], at: 'NOW' };

test('the page shows the news as they are sent', () => {
  const shape = ({ places, ...rest }: News) => [Object.keys(rest), Object.keys(places[0]!)];
  const shown = blocksOf('news').map(({ text }) => shape(JSON.parse(text)));
  expect(shown).toEqual([shape(news)]);
});

describe('who is told how a run of the chain ended', () => {
  test('a release that is verified: what, where, by whom, and where to look', async () => {
    const { news } = await told('release', { verification: verified });
    expect(news).toEqual([
      {
        schema: 'slipway.news/v1',
        event: 'verified',
        mode: 'release',
        service: 'hello',
        version: 'v1.2.3',
        run: 'https://github.com/acme/hello/actions/runs/7',
        by: 'octocat, acme/hello run 7 attempt 1',
        places: [
          {
            kind: 'ssh-systemd',
            place: 'web1',
            service: 'hello',
            state: 'healthy',
            release: 'v1.2.3-0a',
            previous: 'v1.2.2-9f',
            why: 'it answered 500',
          },
        ],
        reasons: [],
        started: expect.stringMatching(/^\d{4}-/),
        at: expect.stringMatching(/^\d{4}-/),
      },
    ]);
  });

  test.each([
    [
      'one that was taken back',
      { state: 'rolled-back', code: 1 },
      'rolled-back',
      ['the chain stopped at deploy-ssh-systemd'],
    ],
    ['one that failed', { state: 'failed', code: 1 }, 'failed', ['the chain stopped at deploy-ssh-systemd']],
    [
      'a rollout that waits',
      { state: 'inconclusive', code: 1 },
      'inconclusive',
      ['the chain stopped at deploy-ssh-systemd'],
    ],
    ['one that nobody verified', {}, 'inconclusive', []],
    ['one that was cancelled', { cancelled: true, code: 1, state: 'failed' }, 'failed', ['the run was cancelled']],
  ])('%s', async (_, how, event, reasons) => {
    expect((await told('release', how)).news).toMatchObject([{ event, reasons }]);
  });

  test('going back by hand is told as that', async () => {
    expect((await told('rollback', {})).news).toMatchObject([{ event: 'rolled-back', mode: 'rollback' }]);
  });

  test.each(['plan', 'status'] as const)('%s tells nobody, and needs no secret', async mode => {
    expect((await told(mode, {})).news).toEqual([]);
  });
});
