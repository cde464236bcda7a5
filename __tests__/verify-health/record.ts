import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';

/** A sha256 of one repeated digit, and a digest. */
export const hash = (digit: string) => digit.repeat(64);
export const digest = (digit: string) => `sha256:${hash(digit)}`;

export const onHost = (more: Partial<Deployment> = {}): Deployment => ({
  kind: 'ssh-systemd',
  place: 'deploy@app1:22',
  service: 'hello.service',
  binary: hash('a'),
  release: 'v2',
  previous: 'v1',
  state: 'healthy',
  by: 'test',
  started: '2026-01-02T00:00:00Z',
  evidence: {},
  ...more,
});

export const inCluster = (more: Partial<Deployment> = {}): Deployment => ({
  ...onHost(),
  kind: 'kubernetes',
  place: 'kind/prod',
  service: 'Deployment/hello',
  binary: undefined,
  image: `registry.test/hello@${digest('1')}`,
  ...more,
});

/** A release with two binaries, an image of both, and the deployments given. */
export const release = (...deployments: Deployment[]): ReleaseRecord => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v2',
  commit: 'c'.repeat(40),
  binaries: [
    { package: 'hello', target: 'linux/amd64', path: '/x/amd64', size: 1, sha256: hash('a') },
    { package: 'hello', target: 'linux/arm64', path: '/x/arm64', size: 1, sha256: hash('b') },
  ],
  images: [
    {
      repositories: ['registry.test/hello', 'mirror.test/hello'],
      digest: digest('1'),
      tags: ['v2'],
      platforms: [
        { platform: 'linux/amd64', digest: digest('2'), config: digest('3'), size: 1, binaries: [hash('a')] },
        { platform: 'linux/arm64', digest: digest('4'), config: digest('5'), size: 1, binaries: [hash('b')] },
      ],
      attestations: [],
    },
  ],
  deployments,
});
