import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../src/core/config-file.ts';
import { sha256 } from '../../../src/core/files.ts';
import { planChain } from '../../../src/release/chain.ts';
import { checkLinks } from '../../../src/release/check.ts';
import { schemas } from '../../../src/release/definitions.ts';
import { tightened } from '../../../src/release/policy/at-least.ts';
import { parsePolicy, readPolicy } from '../../../src/release/policy/policy.ts';

const text = 'require: [limits]\n';
const commit = 'c'.repeat(40);
let folder: string;
let asked: IncomingMessage[];
let answer = { status: 200, body: text };
const server = createServer((request, response) => {
  asked.push(request);
  response.writeHead(answer.status).end(answer.body);
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-policy-'));
  await writeFile(join(folder, 'policy.yml'), text);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
  await rm(folder, { recursive: true });
});

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const get = (policy: object | string, env: Record<string, string> = {}, given = { status: 200, body: text }) => {
  asked = [];
  answer = given;
  const file = {
    ...parseConfig(`policy: ${JSON.stringify(policy)}`, 'slipway.yml'),
    file: join(folder, 'slipway.yml'),
  };
  return readPolicy(file, { GITHUB_API_URL: origin(), ...env }, new AbortController().signal);
};

describe('where a policy comes from', () => {
  test('a file of a repository at a commit, with the token of the step; a path and a URL by their sha256', async () => {
    const from = `acme/platform/policies/go.yml@${commit}`;
    expect(await get({ extends: from }, { GITHUB_TOKEN: 'a-token' })).toMatchObject({
      name: from,
      requirements: [{ name: 'limits' }],
    });
    expect(asked[0]!.url).toBe(`/repos/acme/platform/contents/policies/go.yml?ref=${commit}`);
    expect(asked[0]!.headers.authorization).toBe('Bearer a-token');
    for (const place of ['policy.yml', `${origin()}/policy.yml`])
      expect((await get({ extends: place, sha256: sha256(text) }, { GITHUB_TOKEN: 'a-token' })).name).toBe(place);
    expect(asked[0]!.headers.authorization).toBeUndefined();
  });

  test.each([
    ['no map', 'policy.yml', 'CONFIG_INVALID', 'slipway.yml:1: policy: it is not { extends'],
    ['a branch', { extends: 'acme/platform/p.yml@main' }, 'CONFIG_INVALID', 'could be another one tomorrow'],
    ['a short SHA', { extends: 'acme/platform/p.yml@cccccccc' }, 'CONFIG_INVALID', 'could be another one tomorrow'],
    [
      'a path that leads to another repository',
      { extends: `acme/platform/../../other/repo/contents/p.yml@${commit}` },
      'CONFIG_INVALID',
      'leads out of the repository that it names',
    ],
    ['no sha256', { extends: 'policy.yml' }, 'CONFIG_INVALID', 'could be another one tomorrow'],
    ['an unknown key', { extends: 'policy.yml', sha: 'x' }, 'CONFIG_INVALID', 'it is not { extends'],
    ['another text', { extends: 'policy.yml', sha256: '0'.repeat(64) }, 'POLICY_CHANGED', `has sha256 ${sha256(text)}`],
    ['nothing there', { extends: 'no.yml', sha256: '0'.repeat(64) }, 'POLICY_UNREACHABLE', 'ENOENT'],
    [
      'plain http',
      { extends: 'http://192.0.2.1/p', sha256: '0'.repeat(64) },
      'POLICY_UNREACHABLE',
      'not reached by https',
    ],
  ])('%s is refused', async (_, policy, code, message) => {
    await expect(get(policy)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('a server that refuses, and one that sends too much', async () => {
    const from = { extends: `acme/platform/p.yml@${commit}` };
    const refused = get(from, {}, { status: 404, body: '' });
    await expect(refused).rejects.toMatchObject({
      code: 'POLICY_UNREACHABLE',
      message: expect.stringContaining('answers 404'),
    });
    const long = get(from, {}, { status: 200, body: 'x'.repeat(1_100_000) });
    await expect(long).rejects.toMatchObject({ code: 'POLICY_UNREACHABLE' });
  });
});

describe('what a policy says', () => {
  const yml = (more = '', verify = '') =>
    `deploy:\n  - kind: deploy-ssh-systemd\n    name: web\n    hosts: deploy@web1\n    private-key: { env: KEY }\n    host-fingerprints: 'SHA256:${'A'.repeat(43)}'\n${more}verify:\n  checks: http://a/ 200\n  identity: none\n${verify}environments:\n  production:\n`;
  const parse = (policy: string) =>
    parsePolicy({ name: 'policy.yml', text: policy }, parseConfig(yml(), 'slipway.yml', 'production'));
  const tighten = async (policy: string, slipway: string) => {
    await writeFile(join(folder, 'slipway.yml'), slipway);
    const file = { ...parseConfig(slipway, 'slipway.yml', 'production'), file: join(folder, 'slipway.yml') };
    const links = planChain(file);
    const read = await checkLinks(links, schemas, { KEY: 'a key of a test' }, folder);
    return tightened(links, read, parse(policy).atLeast, file).map(({ inputs }) => inputs);
  };

  test('requirements and windows of all, and of the environment', () => {
    const { requirements, windows } = parse(
      'require: [limits]\nfreeze: [{ from: Fri 16:00, to: Mon 08:00, why: a }]\nenvironments:\n  production: { require: [{ verified-in: production }] }\n  other: { require: [signed] }\n',
    );
    expect(requirements).toEqual([{ name: 'limits' }, { verifiedIn: 'production' }]);
    expect(windows.map(({ at }) => at)).toEqual(['policy.yml:2']);
  });

  test.each([
    ['require: [limit]', 'policy.yml:1: "limit" is no finding of the checklist (did you mean "limits"?)'],
    ['require: x', 'policy.yml:1: "require" is not a list'],
    ['a: 1\n', 'policy.yml:1: a policy has no "a"'],
    ['- 1', 'policy.yml: a policy is a map'],
    ['freeze: [{ from: x }]', 'policy.yml:1: freeze: it has no "why"'],
    ['environments:\n  production: { at-least: {} }', 'policy.yml:2: a policy has no "at-least"'],
    ['at-least: { deploy: {} }', 'policy.yml:1: at-least: "deploy" is none of'],
    [
      'at-least:\n  deploy-ssh-systemd:\n    hosts: a',
      'policy.yml:3: at-least: "hosts" is neither more nor less strict',
    ],
    ['at-least:\n  deploy-ssh-systemd:\n    hardening: none', 'policy.yml:3: at-least: hardening: '],
  ])('%j is refused with its line', (policy, message) => {
    expect(() => parse(policy)).toThrow(message);
  });

  const policy = `at-least:
  deploy-ssh-systemd: { hardening: strict, keep-releases: 3, on-failure: rollback-batch }
`;
  test('what slipway.yml leaves out is as the policy says, and what is stricter stays', async () => {
    const [deploy, verify] = await tighten(policy, yml('    on-failure: rollback-all\n'));
    expect(deploy).toMatchObject({ hardening: 'strict' });
    expect(Object.keys(deploy!).filter(key => ['keep-releases', 'on-failure'].includes(key))).toEqual([]);
    expect(verify).toEqual({});
  });

  test('an attempt to loosen names both lines, for every input', async () => {
    const loose = yml('    hardening: default\n    keep-releases: 2\n');
    await expect(tighten(policy, loose)).rejects.toMatchObject({
      code: 'POLICY_LOOSENED',
      message:
        'slipway.yml:7 loosens hardening, which is strict at least by policy.yml:2; slipway.yml:8 loosens keep-releases, which is 3 at least by policy.yml:2',
    });
    const proven = 'at-least: { verify-health: { identity: proven } }';
    await expect(tighten(proven, yml())).rejects.toMatchObject({
      message: expect.stringMatching(/^slipway.yml:9 loosens identity, which is proven at least by policy.yml:1$/),
    });
  });

  test('who leaves the whole verification out loosens it, too', async () => {
    const without = yml().replace(/verify:\n( {2}.*\n)+/, '');
    for (const [asked, text] of [
      ['identity: reported', 'identity is reported'],
      ['hold: 30s', 'hold is 30s'],
    ])
      await expect(tighten(`at-least: { verify-health: { ${asked} } }`, without)).rejects.toMatchObject({
        code: 'POLICY_LOOSENED',
        message: expect.stringMatching(
          new RegExp(`slipway.yml has no section "verify", whose ${text} at least by policy.yml:1$`),
        ),
      });
    await expect(tighten('at-least: { verify-health: { identity: none, hold: 0s } }', without)).resolves.toHaveLength(
      1,
    );
  });
});
