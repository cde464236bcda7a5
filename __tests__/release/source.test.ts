import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/core/config-file.ts';
import { emptyRecord } from '../../src/core/record/begin.ts';
import { saveRecord } from '../../src/core/record/files.ts';
import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';
import type { Entry } from '../../src/core/records/entry.ts';
import type { Records } from '../../src/core/records/records.ts';
import { keepDeed, worst } from '../../src/release/keep.ts';
import type { Request } from '../../src/release/request.ts';
import { sourceOf } from '../../src/release/source.ts';
import { sampleRelease } from '../core/records/samples.ts';

const config = 'deploy: [{ kind: deploy-ssh-systemd, name: hosts }]\nenvironments:\n  staging:\n  production:\n';
const file = (environment?: string) => parseConfig(config, 'slipway.yml', environment);
const asked = (more: Partial<Request>): Request => ({
  mode: 'deploy',
  config: 'slipway.yml',
  release: [],
  directory: '/nowhere',
  summary: false,
  ...more,
});
const times = { started: '2026-01-01T00:00:10.000Z', ended: '2026-01-01T00:00:20.000Z' };
const deployment: Deployment = {
  kind: 'ssh-systemd',
  place: 'deploy@web1:22',
  service: 'hello',
  release: 'v1.0.0',
  previous: '',
  state: 'healthy',
  by: 'somebody',
  evidence: {},
  ...times,
};
const entry = (more: object): Entry =>
  ({
    schema: 'slipway.entry/v1',
    id: '1',
    at: times.ended,
    by: 'x',
    name: 'hello',
    version: 'v1.0.0',
    environment: 'staging',
    mode: 'deploy',
    deployments: [deployment],
    ...times,
    ...more,
  }) as Entry;

/** Records in memory: gives every version, remembers what is asked. */
function memory(entries: Entry[] = []) {
  const got: string[] = [];
  const written: Entry[] = [];
  const records: Records = {
    place: 'memory',
    put: async () => {},
    get: async version => {
      got.push(version);
      return { file: '/nowhere/slipway-out/release.json', record: emptyRecord({ name: 'hello', version }) };
    },
    record: async () => undefined,
    releases: async () => [],
    append: async one => void written.push(one),
    entries: async ({ environment } = {}) =>
      entries.filter(one => environment === undefined || one.environment === environment),
  };
  return { records, got, written };
}

describe('which release a request is about', () => {
  test.each([
    [{ mode: 'deploy' }, ['latest']],
    [{ mode: 'deploy', version: 'v1.0.0' }, ['v1.0.0']],
    [{ mode: 'rollback', version: 'v0.9.0' }, ['v0.9.0']],
    [{ mode: 'rollback' }, []],
    [{ mode: 'status' }, []],
  ] as const)('%j', async (more, versions) => {
    const { records, got } = memory();
    await sourceOf(asked(more), file('staging'), records);
    expect(got).toEqual(versions);
  });

  test('a record whose binary was changed on disk is refused, with both hashes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'source-'));
    try {
      const { file: recordFile, record } = await sampleRelease(folder, 'v1.0.0');
      await saveRecord({ file: recordFile, record });
      const request = asked({ release: [recordFile], directory: folder });
      expect((await sourceOf(request, file('staging'), undefined))?.record.version).toBe('v1.0.0');
      const { path, sha256 } = record.binaries[1]!;
      await writeFile(path, 'something else');
      await expect(sourceOf(request, file('staging'), undefined)).rejects.toMatchObject({
        code: 'RECORD_CHANGED',
        message: expect.stringMatching(new RegExp(`^${path} .*[0-9a-f]{64}.*${sha256}$`)),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('without records a deployment of a version is refused, with what to write', async () => {
    await expect(sourceOf(asked({ version: 'v1.0.0' }), file(), undefined)).rejects.toMatchObject({
      code: 'RECORDS_MISSING',
      hint: expect.stringContaining('records: oci'),
    });
  });

  test('promote takes the last version that the environment before calls verified', async () => {
    const { records, got } = memory([
      entry({ kind: 'verdict', state: 'verified', version: 'v1.1.0' }),
      entry({ kind: 'verdict', state: 'verified', version: 'v1.0.0' }),
    ]);
    await sourceOf(asked({ mode: 'promote', environment: 'production' }), file('production'), records);
    expect(got).toEqual(['v1.1.0']);
  });

  test.each([
    [
      'the last verdict there is another',
      [entry({ kind: 'verdict', state: 'failed', version: 'v1.1.0' }), entry({ kind: 'verdict', state: 'verified' })],
      {},
      'the verdict of 2026-01-01T00:00:20.000Z on v1.1.0 is "failed"',
    ],
    [
      'nothing was verified there',
      [],
      {},
      'what was deployed last is not verified in staging: no record of it there (memory)',
    ],
    [
      'another version was',
      [entry({ kind: 'verdict', state: 'verified' })],
      { version: 'v2.0.0' },
      'v2.0.0 is not verified in staging',
    ],
  ])('promote is refused when %s', async (_, entries, more, message) => {
    const { records, got } = memory(entries as Entry[]);
    const promoting = sourceOf(
      asked({ mode: 'promote', environment: 'production', ...more }),
      file('production'),
      records,
    );
    await expect(promoting).rejects.toMatchObject({ code: 'NOT_VERIFIED', message: expect.stringContaining(message) });
    expect(got).toEqual([]);
  });

  test.each([
    ['staging', undefined, 'staging cannot be promoted to from nothing'],
    ['production', 'production', 'production cannot be promoted to from production'],
    ['production', 'test', 'production cannot be promoted to from test'],
  ])('promote to %s from %s is refused', async (environment, from, message) => {
    await expect(
      sourceOf(asked({ mode: 'promote', environment, from }), file(environment), memory().records),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `slipway.yml:2: ${message}`,
    });
  });

  test('an audit without a deployment says so', async () => {
    await expect(sourceOf(asked({ mode: 'audit' }), file('staging'), memory().records)).rejects.toMatchObject({
      code: 'NOTHING_DEPLOYED',
      message: 'memory has no deployment to staging',
    });
  });
});

describe('what is written down', () => {
  const started = new Date('2026-01-01T00:00:05.000Z');
  const record: ReleaseRecord = {
    ...emptyRecord({ name: 'hello', version: 'v1.0.0', commit: 'c'.repeat(40) }),
    deployments: [{ ...deployment, started: '2025-12-31T00:00:00.000Z', place: 'an earlier run' }, deployment],
    verification: { verdict: 'verified', checks: [], reasons: [], at: times.ended },
  };
  const keep = async (mode: Request['mode'], given = record) => {
    const { records, written } = memory();
    await keepDeed(records, { request: asked({ mode }), file: file('staging'), record: given, started, env: {} });
    return written;
  };

  test('an entry for the deployments of this run, one for its verdict', async () => {
    const [first, second, ...more] = await keep('deploy');
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      kind: 'deployment',
      state: 'healthy',
      environment: 'staging',
      version: 'v1.0.0',
      mode: 'deploy',
    });
    expect(first!.deployments.map(one => one.place)).toEqual(['deploy@web1:22']);
    expect(second).toMatchObject({ kind: 'verdict', state: 'verified', verification: record.verification });
    expect(first!.id).not.toBe(second!.id);
  });

  test('no verdict where none was found in this run', async () => {
    const { verification: _, ...without } = record;
    expect((await keep('deploy', without)).map(one => one.kind)).toEqual(['deployment']);
  });

  test.each(['plan', 'status', 'audit'] as const)('nothing by %s, which only looks', async mode => {
    expect(await keep(mode)).toEqual([]);
  });

  test('one word for several deployments is the worst', () => {
    const states = (...all: Deployment['state'][]) => worst(all.map(state => ({ state })));
    expect([states('healthy', 'rolled-back'), states('unchanged', 'healthy'), states()]).toEqual([
      'rolled-back',
      'healthy',
      'unchanged',
    ]);
  });
});
