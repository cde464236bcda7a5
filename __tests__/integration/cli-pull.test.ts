import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import type { Entry } from '../../src/core/records/entry.ts';
import { openRecords } from '../../src/core/records/index.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';
import { sampleEntry } from '../core/records/samples.ts';

const limit = 120_000;
const policy = 'require: [health-gate]\n';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-pull-'));
  await writeFile(
    join(folder, 'slipway.yml'),
    `records: { folder: records }
policy: { extends: policy.yml, sha256: ${sha256(policy)} }
deploy:
  - kind: deploy-ssh-systemd
    private-key: { env: KEY }
    host-fingerprints: 'SHA256:${'A'.repeat(43)}'
    hosts: deploy@192.0.2.1
    health-checks: http://127.0.0.1/ 200
    require-attestation: cosign.pub
verify: { checks: http://192.0.2.1/ 200, identity: none }
environments:
  production:
  nas: { require: [attestation-required] }
`,
  );
});
afterEach(() => rm(folder, { recursive: true }));

/** Production calls a version verified. */
async function verified(version: string, at = new Date()): Promise<void> {
  const { signal } = new AbortController();
  using records = await openRecords(
    { folder: 'records' },
    { place: '', image: undefined, directory: folder, env: {}, signal },
  );
  const verification = { verdict: 'verified', checks: [], reasons: [], at: at.toISOString() };
  const of = { kind: 'verdict', environment: 'production', state: 'verified', at: at.toISOString() };
  await records.append(sampleEntry({ ...of, version, verification } as Partial<Entry>));
}

/** `slipway pull --once`. */
const look = () =>
  run([process.execPath, actionMain('cli'), 'pull', '--once', '-e', 'nas', '-C', folder], {
    env: { PATH: process.env['PATH'], HOME: folder, KEY: 'the key of a test', ...compileCache },
    timeout: 60_000,
    accept: [1, 2],
  });
const kept = (name: string) => readFile(join(folder, 'slipway-pull', name), 'utf8');

test(
  'what was not begun is not given up: it is tried again as soon as it can be',
  async () => {
    await verified('v1.0.0');
    for (let tries = 0; tries < 4; tries++) {
      const { code, stderr } = await look();
      expect([code, stderr]).toEqual([1, expect.stringContaining('v1.0.0 was not begun (exit code 2)')]);
    }
    expect(await kept('last.log')).toContain('POLICY_UNREACHABLE');
    await writeFile(join(folder, 'policy.yml'), policy);
    await look();
    expect(await kept('last.log')).toContain('VERSION_MISSING'); // this test keeps no binaries: so far it came
  },
  limit,
);

test(
  'records that went back change nothing: an older copy may call verified what is not any more',
  async () => {
    await writeFile(join(folder, 'policy.yml'), policy);
    await verified('v1.0.0');
    await verified('v2.0.0');
    await look();
    expect(await kept('last.log')).toContain('keeps no release v2.0.0');
    const entries = join(folder, 'records', 'entries');
    const names = (await readdir(entries)).sort();
    const newest = join(entries, names.at(-1)!);
    const text = await readFile(newest);
    await rm(newest);
    const { code, stderr } = await look();
    expect([code, stderr]).toEqual([1, expect.stringContaining('RECORDS_OLDER')]);
    expect(await kept('last.log')).toContain('keeps no release v2.0.0'); // nothing was begun since
    await writeFile(newest, text);
    expect((await look()).stderr).toContain('v2.0.0 is verified in production');
  },
  limit,
);

test(
  'an entry that is dated ahead is an error before anything is begun: it would hide every newer one',
  async () => {
    await writeFile(join(folder, 'policy.yml'), policy);
    await verified('v3.0.0', new Date(Date.now() + 86_400_000));
    await verified('v2.0.0');
    const { code, stderr } = await look();
    expect([code, stderr]).toEqual([1, expect.stringContaining('RECORDS_AHEAD')]);
    await expect(kept('last.log')).rejects.toThrow('ENOENT');
  },
  limit,
);
