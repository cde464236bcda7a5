import { expect, test } from '@jest/globals';
import { emptyRecord } from '../../src/core/record/begin.ts';
import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';
import type { OpenRecords } from '../../src/core/records/index.ts';
import type { Request } from '../../src/release/request.ts';
import { servedRecord } from '../../src/release/served.ts';

const started = new Date('2026-01-01T00:00:05.000Z');
const binary = (sha256: string) => ({ package: 'hello', target: 'linux/amd64', path: 'hello', size: 1, sha256 });
const built = (version: string, sha256: string): ReleaseRecord => ({
  ...emptyRecord({ name: 'hello', version }),
  binaries: [binary(sha256)],
  images: [{ repositories: ['r/hello'], digest: `sha256:${sha256}`, tags: [], platforms: [], attestations: [] }],
});
const kept = [built('v1.0.3', 'c'), built('v1.0.2', 'b'), built('v1.0.1', 'b'), built('v1.0.0', 'a')];
const records = {
  releases: async () => kept.map(({ version }) => ({ version, at: '' })),
  record: async version => kept.find(one => one.version === version),
} as Partial<OpenRecords> as OpenRecords;
const deployment = (more: Partial<Deployment>): Deployment => ({
  kind: 'ssh-systemd',
  place: 'deploy@web1:22',
  service: 'hello',
  release: 'v1.0.0-0123456789ab',
  previous: 'v1.0.3-0123456789ab',
  state: 'healthy',
  by: 'somebody',
  started: '2026-01-01T00:00:10.000Z',
  evidence: {},
  ...more,
});

test.each<[string, Partial<Deployment>, string, Partial<Request>?]>([
  ['a program', { binary: 'a' }, 'v1.0.0'],
  ['an image', { image: 'r/hello@sha256:a' }, 'v1.0.0'],
  [
    'of two versions with the same bytes the one that is named',
    { binary: 'b', release: 'v1.0.1-0123456789ab' },
    'v1.0.1',
  ],
  ['a name is no proof', { binary: 'z' }, 'v1.0.3'],
  ['what went wrong', { binary: 'a', state: 'failed' }, 'v1.0.3'],
  ['what an earlier run did', { binary: 'a', started: '2026-01-01T00:00:00.000Z' }, 'v1.0.3'],
  ['another mode', { binary: 'a' }, 'v1.0.3', { mode: 'deploy' }],
  ['to a version, whose record is at hand', { binary: 'a' }, 'v1.0.3', { version: 'v1.0.3' }],
])('a rollback is written down as the release that serves now: %s', async (_, more, version, asked = {}) => {
  const record = { ...kept[0]!, deployments: [deployment(more)] };
  const request = {
    mode: 'rollback',
    config: 'slipway.yml',
    release: [],
    directory: '/',
    summary: false,
    ...asked,
  } as Request;
  const served = await servedRecord({ request, records, started }, record);
  expect([served.version, served.deployments]).toEqual([version, record.deployments]);
});
