import { describe, expect, test } from '@jest/globals';
import { mergeRecords } from '../../../src/core/record/merge.ts';
import { type ReleaseRecord, recordSchema } from '../../../src/core/record/schema.ts';

const sha = (character: string) => character.repeat(64);
const binary = (target: string, hash = 'a') => ({
  package: 'example.com/x',
  target,
  path: `/x/${target}`,
  size: 1,
  sha256: sha(hash),
});
const record = (more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  schema: recordSchema,
  name: 'x',
  version: 'v1.0.0',
  binaries: [],
  images: [],
  deployments: [],
  ...more,
});
const merge = (...records: ReleaseRecord[]) =>
  mergeRecords(records.map((one, i) => ({ file: `job-${i}.json`, record: one })));

describe('mergeRecords', () => {
  test('joins the binaries of matrix jobs', () => {
    const merged = merge(
      record({ binaries: [binary('linux/amd64')] }),
      record({ binaries: [binary('linux/arm64')] }),
      record({ binaries: [binary('linux/amd64')] }),
    );
    expect(merged.binaries.map(one => one.target)).toEqual(['linux/amd64', 'linux/arm64']);
  });

  test('takes what only one of them has, unknown fields included', () => {
    const merged = merge(record({ commit: 'c1' }), record({ note: 'kept' }));
    expect(merged).toMatchObject({ commit: 'c1', note: 'kept' });
  });

  test.each([
    ['version', record(), record({ version: 'v2.0.0' })],
    ['commit', record({ commit: 'one' }), record({ commit: 'two' })],
    ['sha256', record({ binaries: [binary('linux/amd64', 'a')] }), record({ binaries: [binary('linux/amd64', 'b')] })],
    [
      'toolchain',
      record({ toolchain: { version: 'go1.26.8', source: 'x', verifiedBy: 'sha256', hash: 'h' } }),
      record({ toolchain: { version: 'go1.26.7', source: 'x', verifiedBy: 'sha256', hash: 'h' } }),
    ],
  ])('a contradiction in %s names both files', (what, a, b) => {
    expect(() => merge(a, b)).toThrow(
      expect.objectContaining({
        code: 'RECORD_CONFLICT',
        message: expect.stringMatching(new RegExp(`${what} differs: .*job-0.json.*job-1.json`)),
      }),
    );
  });

  test('the toolchains of runners of another kind agree when the version does', () => {
    const toolchain = {
      version: 'go1.26.8',
      source: 'GOPROXY',
      verifiedBy: 'checksum-database' as const,
      hash: 'h1:a',
    };
    expect(merge(record({ toolchain }), record({ toolchain: { ...toolchain, hash: 'h1:b' } })).toolchain?.hash).toBe(
      'h1:a',
    );
  });

  test('the same image pushed to two repositories is one image', () => {
    const image = (repository: string) => ({
      repositories: [repository],
      digest: `sha256:${sha('d')}`,
      tags: ['v1'],
      platforms: [],
      attestations: [],
    });
    expect(merge(record({ images: [image('a/x')] }), record({ images: [image('b/x')] })).images).toEqual([
      { ...image('a/x'), repositories: ['a/x', 'b/x'] },
    ]);
  });

  test('deployments and verifications of several jobs are one', () => {
    const job = (place: string, verdict: 'verified' | 'failed', at: string): ReleaseRecord =>
      record({
        deployments: [
          {
            kind: 'ssh-systemd',
            place,
            service: 'x',
            release: 'r1',
            previous: '',
            state: 'healthy',
            by: 'me',
            started: '2026-01-01T00:00:00Z',
            evidence: {},
          },
        ],
        verification: {
          verdict,
          identity: verdict === 'verified' ? 'proven' : 'unknown',
          checks: [{ name: place, verdict: verdict === 'verified' ? 'passed' : 'failed' }],
          reasons: verdict === 'verified' ? [] : ['status'],
          at,
        },
      });
    const [a, b] = [job('a', 'verified', '2026-01-01T00:02:00Z'), job('b', 'verified', '2026-01-01T00:01:00Z')];
    expect(merge(a, b)).toMatchObject({
      deployments: [{ place: 'a' }, { place: 'b' }],
      verification: {
        verdict: 'verified',
        identity: 'proven',
        checks: [{ name: 'a' }, { name: 'b' }],
        at: '2026-01-01T00:02:00Z',
      },
    });
    for (const both of [
      [a, job('c', 'failed', '2026-01-01T00:03:00Z')],
      [job('c', 'failed', '2026-01-01T00:03:00Z'), a],
    ])
      expect(merge(...both).verification).toMatchObject({
        verdict: 'failed',
        identity: 'unknown',
        reasons: ['status'],
      });
    expect(merge(a, record()).verification).toEqual(a.verification);
  });

  test('nothing to merge is an error', () =>
    expect(() => mergeRecords([])).toThrow(expect.objectContaining({ code: 'RECORD_MISSING' })));
});
