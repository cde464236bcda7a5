import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { schemas } from '../../src/release/definitions.ts';
import { perform } from '../../src/release/perform.ts';
import type { Request } from '../../src/release/request.ts';

// The actions are played by a few lines each; that they do what they are told is tested with the real ones elsewhere.
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-modes-'));
  for (const [name, code] of Object.entries(bundles)) {
    await mkdir(join(folder, 'dist', name), { recursive: true });
    await writeFile(join(folder, 'dist', name, 'index.js'), shared + code);
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const program = 'the program';
const shared = `
  const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
  const input = name => process.env['INPUT_' + name.toUpperCase()] ?? '';
  const out = input('working-directory') + '/slipway-out';
  const give = (name, value) => appendFileSync(process.env.GITHUB_OUTPUT, name + '=' + value + '\\n');
  const calls = input('working-directory') + '/calls';
  const save = record => { mkdirSync(out, { recursive: true }); writeFileSync(out + '/release.json', JSON.stringify(record)); give('release', out + '/release.json'); };
  const begun = { schema: 'slipway.release/v1', name: 'hello', version: 'v1.0.0' };
  const load = () => input('release') ? JSON.parse(readFileSync(input('release').split('\\n')[0])) : begun;
`;
const bundles = {
  'setup-go-cross': `
    mkdirSync(out, { recursive: true });
    writeFileSync(out + '/hello', ${JSON.stringify(program)});
    save({ schema: 'slipway.release/v1', name: 'hello', version: input('version') || 'v1.0.0',
      binaries: [{ package: 'hello', target: 'linux/amd64', path: 'hello', size: 11, sha256: '${sha256(program)}' }] });
    appendFileSync(calls, 'build\\n');`,
  'deploy-ssh-systemd': `
    const mode = input('mode') || 'deploy';
    const record = mode === 'deploy' || mode === 'plan' ? load() : begun;
    appendFileSync(calls, mode + ' ' + record.version + ' ' + input('config').split('yml')[1] + '\\n');
    const started = new Date().toISOString();
    const state = process.env.HOSTS_STATE || 'healthy';
    if (mode !== 'plan' && mode !== 'doctor') save({ ...record, deployments: [...(record.deployments ?? []), { kind: 'ssh-systemd', place: 'web1', service: 'hello', release: record.version, previous: '', state, by: 'x', started, evidence: {} }] });
    give('state', state); give('changed', String(mode === 'deploy'));
    process.exitCode = state === 'healthy' ? 0 : 1;`,
  'build-multiarch-image': `appendFileSync(calls, 'image\\n'); give('release', input('release'));`,
  'verify-health': `
    const record = load();
    appendFileSync(calls, (input('mode') || 'verify') + ' ' + record.version + ' ' + (record.deployments ?? []).length + '\\n');
    if (input('mode') !== 'audit') save({ ...record, verification: { verdict: 'verified', checks: [], reasons: [], at: new Date().toISOString() } });
    give('release', input('release'));
    if (process.env.AUDIT) give('verdict', process.env.AUDIT);`,
};

const config = `records: folder
build: { targets: linux/amd64 }
deploy:
  - kind: deploy-ssh-systemd
    private-key: { env: KEY }
    host-fingerprints: 'SHA256:${'A'.repeat(43)}'
    hosts: deploy@web1.example.com
    health-checks: http://127.0.0.1/ 200
verify: { checks: http://web1.example.com/ 200, identity: none }
environments:
  staging:
  production:
    require: [health-gate, { verified-in: staging }]
`;

async function run(more: Partial<Request>, text = config, env: Record<string, string> = {}, summary: string[] = []) {
  await writeFile(join(folder, 'slipway.yml'), text);
  await rm(join(folder, 'calls'), { force: true });
  await rm(join(folder, 'slipway-out'), { recursive: true, force: true });
  const result = await perform(
    { mode: 'release', config: 'slipway.yml', release: [], directory: folder, summary: false, ...more },
    {
      dist: join(folder, 'dist'),
      schemas,
      env: { PATH: process.env['PATH'], KEY: 'the key of a test', ...env },
      signal: new AbortController().signal,
      summary: async text => void summary.push(text),
      onOutput: () => {},
    },
  );
  return { ...result, calls: (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n') };
}
const calls = () => readFile(join(folder, 'calls'), 'utf8').catch(() => '');
const entries = async () => {
  const kept = join(folder, 'slipway-records', 'entries');
  const read = (await readdir(kept)).map(async name => JSON.parse(await readFile(join(kept, name), 'utf8')));
  return (await Promise.all(read)).sort((a, b) => a.kind.localeCompare(b.kind)); // both may be of one millisecond
};

describe('the modes of the chain, with records in a folder', () => {
  test('release keeps what was built, then deploys it; each deployment and verdict is written down', async () => {
    const done = await run({ mode: 'release', environment: 'staging' });
    expect(done).toMatchObject({ state: 'healthy', verdict: 'verified', version: 'v1.0.0', changed: true, left: [] });
    expect(done.calls).toEqual(['build', 'deploy v1.0.0 @staging', 'verify v1.0.0 1']);
    expect((await entries()).map(one => [one.kind, one.environment, one.state])).toEqual([
      ['deployment', 'staging', 'healthy'],
      ['verdict', 'staging', 'verified'],
    ]);
  });

  test('deploy takes a kept version, byte for byte, and builds nothing', async () => {
    await run({ mode: 'build' });
    await run({ mode: 'build', version: 'v2.0.0' });
    const done = await run({ mode: 'deploy', environment: 'staging', version: 'v1.0.0' });
    expect(done.calls).toEqual(['deploy v1.0.0 @staging', 'verify v1.0.0 1']);
    expect(await readFile(join(folder, 'slipway-out', 'hello'), 'utf8')).toBe(program);
    expect((await run({ mode: 'deploy', environment: 'staging' })).calls[0]).toBe('deploy v2.0.0 @staging');
    expect((await run({ mode: 'rollback', environment: 'staging', version: 'v1.0.0' })).calls[0]).toBe(
      'deploy v1.0.0 @staging',
    );
  });

  test('promote takes what staging calls verified; production refuses what it does not', async () => {
    await run({ mode: 'build' });
    await expect(run({ mode: 'promote', environment: 'production' })).rejects.toMatchObject({ code: 'NOT_VERIFIED' });
    await expect(run({ mode: 'deploy', environment: 'production' })).rejects.toMatchObject({
      code: 'CHECKLIST_UNMET',
      message: 'hello v1.0.0 may not go to production: verified-in: staging (no record of staging calls it verified)',
    });
    expect(await calls()).toBe('');
    await run({ mode: 'deploy', environment: 'staging' });
    const promoted = await run({ mode: 'promote', environment: 'production' });
    expect(promoted.calls).toEqual(['deploy v1.0.0 @production', 'verify v1.0.0 1']);
  });

  test('audit looks at what was deployed there last', async () => {
    await run({ mode: 'release', environment: 'staging' });
    expect((await run({ mode: 'audit', environment: 'staging' })).calls).toEqual(['audit v1.0.0 1']);
    expect(await entries()).toHaveLength(2);
  });

  test.each(['verified', 'failed'])(
    'the verdict of an audit is what it found: %s; the record stays as it is',
    async found => {
      await run({ mode: 'release', environment: 'staging' });
      const done = await run({ mode: 'audit', environment: 'staging' }, config, { AUDIT: found });
      expect([done.verdict, done.record?.record.verification?.verdict]).toEqual([found, undefined]);
    },
  );

  test.each(['status', 'rollback'] as const)('%s needs no release', async mode => {
    expect((await run({ mode, environment: 'staging' })).calls).toEqual([`${mode} v1.0.0 @staging`]);
  });

  test('plan builds and shows, and keeps nothing', async () => {
    const { calls: made, state, changed } = await run({ mode: 'plan', environment: 'staging' });
    expect([state, changed]).toEqual(['planned', false]);
    expect(made).toEqual(['build', 'plan v1.0.0 @staging', 'doctor v1.0.0 @staging']);
    await expect(entries()).rejects.toThrow();
  });

  test('a check of the doctor that is required blocks; a plan shows all of them', async () => {
    const strict = config.replace('[health-gate,', '[health-gate, limits, backup,');
    await run({ mode: 'build' });
    await run({ mode: 'deploy', environment: 'staging' }, strict);
    await expect(run({ mode: 'promote', environment: 'production' }, strict)).rejects.toMatchObject({
      code: 'CHECKLIST_UNMET',
      message: expect.stringMatching(
        /^hello v1.0.0 may not go to production: limits \(.*slipway.yml:4: no memory-max, no cpu-quota\); backup \(.*slipway.yml:4: no backup\)$/,
      ),
    });
    expect(await calls()).toBe('');
    const met = strict.replace(
      '    hosts:',
      '    memory-max: 64MiB\n    cpu-quota: 50%\n    backup: { rsync: /var/lib/x }\n    hosts:',
    );
    expect((await run({ mode: 'promote', environment: 'production' }, met)).state).toBe('healthy');
    const summary: string[] = [];
    await run({ mode: 'plan', environment: 'production' }, strict, {}, summary);
    expect(summary.join('\n')).toMatch(/### Doctor\n[\s\S]*✗ required \| `limits`/);
  });

  describe('in a freeze window', () => {
    const [from, to] = [-1, 1].map(hours => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16));
    const window = `{ from: ${from!.replace('T', ' ')}, to: ${to!.replace('T', ' ')}, why: the sale }`;
    const closed = config.replace('  staging:', `  staging:\n    freeze: [${window}]`);
    const override = { reason: 'a hole\nis open', what: expect.stringContaining('the sale') };

    test('nothing is deployed, unless somebody says why; that is written down. Going back is not frozen', async () => {
      await expect(run({ environment: 'staging' }, closed)).rejects.toMatchObject({
        code: 'FROZEN',
        message: expect.stringMatching(/^nothing is deployed from .* \(UTC\): the sale$/),
        hint: expect.stringMatching(/slipway.yml:12 says so/),
      });
      expect(await calls()).toBe(''); // before anything was built
      await expect(run({ environment: 'staging', overrideFreeze: '  ' }, closed)).rejects.toMatchObject({
        code: 'FROZEN',
      });
      const done = await run({ environment: 'staging', overrideFreeze: 'a hole\nis open' }, closed);
      const written = { ...override, place: expect.stringMatching(/slipway.yml:12$/) };
      expect(done.record?.record.overrides).toMatchObject([written]);
      expect((await entries()).map(one => one.overrides)).toMatchObject([[written], [written]]);
      for (const mode of ['rollback', 'plan', 'status', 'verify'] as const)
        await expect(run({ mode, environment: 'staging' }, closed)).resolves.toBeDefined();
      expect((await run({ environment: 'production', mode: 'deploy' }, closed)).state).toBe('healthy');
    });

    test('a version that was never there is no way back, whatever the mode is called', async () => {
      await run({ environment: 'staging' });
      await run({ mode: 'build', version: 'v2.0.0' });
      const back = { mode: 'rollback', environment: 'staging', version: 'v1.0.0' } as const;
      expect((await run(back, closed)).calls[0]).toBe('deploy v1.0.0 @staging');
      await expect(run({ ...back, version: 'v2.0.0' }, closed)).rejects.toMatchObject({
        code: 'FROZEN',
        hint: expect.stringContaining('No record says that v2.0.0 ever served here'),
      });
      expect(await calls()).toBe('');
      const forced = await run({ ...back, version: 'v2.0.0', overrideFreeze: 'a hole\nis open' }, closed);
      expect(forced.record?.record.overrides).toMatchObject([override]);
    });

    test('the reason is in the record also when the records of several jobs are handed on, or none is', async () => {
      const handedOn = closed.replace(/^build.*\n/m, '');
      const record = { schema: 'slipway.release/v1', name: 'hello', version: 'v1.0.0' };
      const release = ['one.json', 'two.json'];
      for (const [index, name] of release.entries())
        await writeFile(join(folder, name), JSON.stringify({ ...record, [`of-${index}`]: true }));
      for (const mode of ['release', 'deploy'] as const) {
        const given = { mode, environment: 'staging', overrideFreeze: 'a hole\nis open' };
        const merged = (await run({ ...given, release }, handedOn)).record?.record;
        expect(merged).toMatchObject({ 'of-0': true, 'of-1': true, overrides: [override] });
        expect((await entries()).map(one => one.overrides)).toMatchObject([[override], [override]]);
        await rm(join(folder, 'slipway-records'), { recursive: true });
      }
      const none = { mode: 'release', environment: 'staging', overrideFreeze: 'a hole\nis open' } as const;
      expect((await run(none, handedOn)).record?.record.overrides).toMatchObject([override]);
    });
  });

  test('a policy adds to what is required, and to what is given; who goes back does not need it', async () => {
    const text = 'require: [backup]\nat-least: { deploy-ssh-systemd: { hardening: strict } }\n';
    await writeFile(join(folder, 'policy.yml'), text);
    const governed = `policy: { extends: policy.yml, sha256: ${sha256(text)} }\n${config}`;
    await expect(run({ environment: 'staging' }, governed)).rejects.toMatchObject({
      code: 'CHECKLIST_UNMET',
      message: expect.stringMatching(/^hello v1.0.0 may not go to staging: backup \(/),
      hint: expect.stringContaining('the policy policy.yml requires it'),
    });
    const loose = governed.replace('    hosts:', '    hardening: default\n    hosts:');
    await expect(run({ environment: 'staging' }, loose)).rejects.toMatchObject({
      code: 'POLICY_LOOSENED',
      message: expect.stringMatching(/slipway.yml:8 loosens hardening, which is strict at least by policy.yml:2$/),
    });
    expect(await calls()).toBe('');
    await rm(join(folder, 'policy.yml'));
    await expect(run({ environment: 'staging' }, governed)).rejects.toMatchObject({ code: 'POLICY_UNREACHABLE' });
    expect((await run({ mode: 'rollback', environment: 'staging' }, governed)).state).toBe('healthy');
  });

  test('a deployment that fails is written down, and no verdict is', async () => {
    const done = await run({ environment: 'staging' }, config, { HOSTS_STATE: 'rolled-back' });
    expect(done).toMatchObject({ state: 'rolled-back', left: ['verify-health'] });
    expect((await entries()).map(one => [one.kind, one.state])).toEqual([['deployment', 'rolled-back']]);
  });

  test('another program under the same version is refused before an image of it is pushed, or it is deployed', async () => {
    await run({ mode: 'build' });
    const kept = join(folder, 'slipway-records', 'releases', 'v1.0.0.json');
    await writeFile(kept, (await readFile(kept, 'utf8')).replaceAll(sha256(program), sha256('another')));
    const image = `image: { images: registry.example.com/hello }\n${config}`;
    await expect(run({ mode: 'release', environment: 'staging' }, image)).rejects.toMatchObject({
      code: 'RELEASE_EXISTS',
    });
    expect(await calls()).toBe('build\n');
  });

  test('a kept file that was changed is refused before anything is deployed', async () => {
    await run({ mode: 'build' });
    await writeFile(join(folder, 'slipway-records', 'files', sha256(program)), 'another');
    await expect(run({ mode: 'deploy', environment: 'staging' })).rejects.toMatchObject({
      code: 'RECORD_CHANGED',
      message: expect.stringContaining(`its sha256 is ${sha256('another')}, the record says ${sha256(program)}`),
    });
    expect(await calls()).toBe('');
  });

  test.each([
    [{ mode: 'deploy', version: 'v3.0.0' }, 'VERSION_MISSING', 'keeps no release v3.0.0'],
    [{ mode: 'pause' }, 'CONFIG_EMPTY', 'asks for nothing that pause could do'],
    [{ mode: 'deploy', environment: 'prod' }, 'CONFIG_INVALID', 'slipway.yml:10: there is no environment "prod"'],
    [{ mode: 'deploy', deployment: 'web' }, 'CONFIG_INVALID', 'there is no deployment "web"'],
    [{ mode: 'audit' }, 'NOTHING_DEPLOYED', 'has no deployment'],
  ] as const)('%j is refused with %s', async (more, code, message) => {
    await run({ mode: 'build' });
    await expect(run(more)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await calls()).toBe('');
  });

  test.each([
    ['records: s3', 'records is "s3"; allowed: oci, folder, git'],
    ['records: oci', 'records: oci means the repository of the image, and the section image names none'],
    ['records: { oci: "not a repository" }', 'records: "not a repository" is no repository with its registry'],
  ])('%s is refused, with its line', async (records, message) => {
    const failing = run({}, config.replace('records: folder', records));
    await expect(failing).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`slipway.yml:1: ${message}`),
    });
  });
});
