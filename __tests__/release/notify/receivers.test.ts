import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../src/core/config-file.ts';
import { readReceivers } from '../../../src/release/notify/receivers.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-receivers-'));
  await writeFile(join(directory, 'key'), `whsec_${Buffer.alloc(32, 1).toString('base64')}\n`);
});
afterAll(() => rm(directory, { recursive: true }));

const env = { SLACK: 'https://hooks.example.com/T/B/x', KEY: 'k'.repeat(32), PASSWORD: 'hunter2hunter2', SHORT: 'x' };
const read = (text: string, environment?: string) =>
  readReceivers(parseConfig(text, 'slipway.yml', environment), directory, env);
const one = (entry: string) => read(`notify:\n  - ${entry}\n`);
const mail = 'email: ops@example.com, from: bot@example.com, server';

describe('notify of slipway.yml', () => {
  test('nobody', async () => expect(await read('build: {}')).toEqual([]));

  test('a webhook, a chat, Grafana, mail', async () => {
    const receivers = await read(
      [
        'notify:',
        '  - { webhook: https://example.com/hook, secret: { file: key } }',
        '  - { slack: { env: SLACK }, on: [failed, rolled-back] }',
        '  - { discord: { env: SLACK }, on: failed }',
        '  - { grafana: https://grafana.example.com/g, token: { env: PASSWORD } }',
        '  - { email: [a@example.com, b@example.com], from: c@example.com, server: smtp://mail.example.com, username: c, password: { env: PASSWORD } }',
      ].join('\n'),
    );
    expect(receivers).toMatchObject([
      {
        name: 'notify[0] (webhook)',
        key: Buffer.alloc(32, 1),
        on: ['verified', 'rolled-back', 'failed', 'inconclusive'],
      },
      { name: 'notify[1] (slack)', on: ['failed', 'rolled-back'], url: new URL(env.SLACK) },
      { name: 'notify[2] (discord)', on: ['failed'] },
      { name: 'notify[3] (grafana)', url: new URL('https://grafana.example.com/g'), token: env.PASSWORD },
      { mailbox: { to: ['a@example.com', 'b@example.com'], host: 'mail.example.com', port: 587, tls: 'starttls' } },
    ]);
  });

  test.each([
    ['smtps://mail.example.com', 'smtps', 465],
    ['smtp://mail.example.com:2525', 'starttls', 2525],
    ['smtp://127.0.0.1', 'none', 25],
    ['smtp://127.example.com', 'starttls', 587],
  ])('mail by %s', async (server, tls, port) => {
    expect(await one(`{ ${mail}: "${server}" }`)).toMatchObject([{ mailbox: { tls, port } }]);
  });

  test('those of an environment are in place of the file’s, and errors name their line', async () => {
    const of = (name: string) =>
      `notify: [{ slack: { env: SLACK } }]\ndeploy: []\nenvironments:\n  staging:\n  production:\n    notify:\n      - { ${name}: { env: SLACK } }\n`;
    expect(await read(of('teams'), 'staging')).toMatchObject([{ format: 'slack' }]);
    expect(await read(of('teams'), 'production')).toMatchObject([{ format: 'teams' }]);
    await expect(read(of('team'), 'production')).rejects.toThrow(/^slipway\.yml:7: notify\[0\]: unknown key "team"/);
  });

  test.each([
    ['slack', 'is not a map with one of webhook'],
    ['{}', 'it needs one of webhook, email, grafana, slack, teams, discord, mattermost, google-chat, and has none'],
    ['{ slack: { env: SLACK }, teams: { env: SLACK } }', 'and has slack and teams'],
    ['{ slak: { env: SLACK } }', 'unknown key "slak" (did you mean "slack"?)'],
    ['{ slack: { env: SLACK }, when: failed }', 'unknown key "when"'],
    ['{ slack: { env: SLACK }, on: [faild] }', 'on: "faild" (did you mean "failed"?)'],
    ['{ slack: https://hooks.example.com/x }', '"slack" is a secret and must be {env: NAME}'],
    ['{ slack: { env: NOT } }', 'the environment variable NOT is not set'],
    ['{ slack: { env: SHORT } }', 'slack is no address such as https://'],
    ['{ webhook: https://example.com/ }', 'a webhook is signed: give it a secret'],
    ['{ webhook: https://example.com/, secret: { env: SHORT } }', 'its secret has 1 bytes and needs 24 to 64'],
    ['{ webhook: https://example.com/, secret: kkkkkkkkkkkkkkkkkkkkkkkkkkkkkk }', '"secret" is a secret and must be'],
    ['{ webhook: http://example.com/, secret: { env: KEY } }', 'webhook is plain http to example.com'],
    ['{ webhook: http://127.example.com/, secret: { env: KEY } }', 'webhook is plain http to 127.example.com'],
    ['{ webhook: "https://me:pw@example.com/", secret: { env: KEY } }', 'a name or password in an address is not sent'],
    ['{ grafana: https://grafana.example.com }', 'Grafana needs the token of a service account'],
    ['{ grafana: https://grafana.example.com, token: glsa_x }', '"token" is a secret and must be'],
    ['{ grafana: http://grafana.example.com, token: { env: KEY } }', 'grafana is plain http to grafana.example.com'],
    ['{ webhook: ftp://example.com/, secret: { env: KEY } }', 'webhook is no address'],
    ['{ email: ops, from: a@example.com, server: "smtp://localhost" }', 'email: "ops" is no mail address'],
    ['{ email: "a@example.com,b@example.com", from: a@example.com, server: "smtp://localhost" }', 'is no mail address'],
    ['{ email: "a@example.com\\nBcc: b@example.com", from: a@example.com, server: "smtp://h" }', 'is no mail address'],
    [`{ ${mail}: mail.example.com }`, 'server is no address such as smtps://'],
    [`{ ${mail}: "smtps://me:pw@mail.example.com" }`, 'they are username and password'],
    [`{ ${mail}: "smtps://mail.example.com", username: me }`, 'username and password go together'],
    [`{ ${mail}: "smtps://mail.example.com", username: me, password: pw }`, '"password" is a secret and must be'],
  ])('refused: %s', async (entry, why) => {
    await expect(one(entry)).rejects.toThrow(why);
    await expect(one(entry)).rejects.toThrow('slipway.yml:2');
  });
});
