import { expect, test } from '@jest/globals';
import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';
import { itemsOf } from '../../src/verify-health/attestable.ts';

const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
const digest = `sha256:${'a'.repeat(64)}`;
const image = (more: object = {}) => ({
  repositories: ['ghcr.io/acme/hello', 'mirror.example/hello'],
  digest,
  tags: [],
  platforms: [],
  attestations: [],
  ...more,
});
const deployment = (more: Partial<Deployment>): Deployment => ({
  kind: 'ssh-systemd',
  place: 'deploy@app1:22',
  service: 'hello',
  release: 'v1',
  previous: '',
  state: 'healthy',
  by: 'test',
  started: '2026-01-01T00:00:00Z',
  evidence: {},
  ...more,
});
const record = (more: Partial<ReleaseRecord>): ReleaseRecord => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1',
  binaries: [one, two].map(sha256 => ({
    package: 'hello',
    target: 'linux/amd64',
    path: `/out/${sha256[0]}`,
    size: 1,
    sha256,
  })),
  images: [],
  deployments: [],
  ...more,
});

test('what was built, where nothing was deployed: an image once, in its first repository, and no part of one', () => {
  expect(itemsOf(record({ images: [image(), image({ digest: `sha256:${'b'.repeat(64)}`, part: true })] }))).toEqual([
    { image: `ghcr.io/acme/hello@${digest}` },
    { binary: one, path: '/out/1' },
    { binary: two, path: '/out/2' },
  ]);
});

test('else what was deployed last, each once: the other binaries run nowhere', () => {
  const deployments = [
    deployment({ binary: two }),
    deployment({ binary: one, started: '2026-01-02T00:00:00Z' }),
    deployment({ binary: one, place: 'deploy@app2:22' }),
    deployment({ kind: 'kubernetes', place: 'shop', image: `mirror.example/hello@${digest}` }),
  ];
  expect(itemsOf(record({ images: [image()], deployments }))).toEqual([
    { image: `mirror.example/hello@${digest}` },
    { binary: one, path: '/out/1' },
  ]);
});

test('a deployed binary that the record has not got is asked for all the same', () => {
  const binary = '3'.repeat(64);
  expect(itemsOf(record({ deployments: [deployment({ binary })] }))).toEqual([{ binary, path: undefined }]);
});
