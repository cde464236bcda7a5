import { type Deployment, type ReleaseRecord, recordSchema } from '../../../src/core/record/schema.ts';

const hash = (digit: string) => digit.repeat(64);
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString();

/** A record with every kind of evidence; what the page has to cope with stands in names and reasons. */
export function richRecord(more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    schema: recordSchema,
    name: 'hello',
    version: 'v1.1.0',
    commit: '0123456789abcdef0123456789abcdef01234567',
    commitTime: '2026-01-01T00:00:00.000Z',
    toolchain: {
      version: 'go1.26.8',
      source: 'https://proxy.golang.org/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip',
      verifiedBy: 'checksum-database',
      hash: 'h1:abc=',
    },
    binaries: ['linux/amd64', 'linux/arm64'].map((target, index) => ({
      package: 'example.com/hello',
      target,
      path: `hello-${target.replace('/', '-')}`,
      size: 6_000_000 + index,
      sha256: hash(String(index + 1)),
      sbom: `hello-${target.replace('/', '-')}.cdx.json`,
    })),
    images: [
      {
        repositories: ['registry.example.com/hello'],
        digest: `sha256:${hash('a')}`,
        tags: ['v1.1.0'],
        platforms: [
          {
            platform: 'linux/amd64',
            digest: `sha256:${hash('b')}`,
            config: `sha256:${hash('c')}`,
            size: 3_000_000,
            binaries: [hash('1')],
          },
        ],
        attestations: [
          {
            digest: `sha256:${hash('d')}`,
            type: 'https://slsa.dev/provenance/v1',
            subject: `sha256:${hash('a')}`,
            artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
            signedBy: 'key abc',
          },
        ],
      },
    ],
    deployments: [host(), cluster()],
    verification: {
      verdict: 'verified',
      reasons: [],
      at: at(120),
      checks: [
        {
          kind: 'check',
          name: 'https://hello.example.com/readyz',
          verdict: 'passed',
          detail: 'status 200',
          evidence: { status: 200 },
          series: [0, 500, 1000, 1500].map(from => ({
            from,
            attempts: 4,
            failures: from === 500 ? 1 : 0,
            slowest: 20,
          })),
        },
      ],
    },
    ...more,
  };
}

export function host(more: Partial<Deployment> = {}): Deployment {
  return {
    kind: 'ssh-systemd',
    place: 'deploy@web1.example.com:22',
    service: 'hello',
    binary: hash('1'),
    release: 'v1.1.0-1',
    previous: 'v1.0.0-1',
    state: 'healthy',
    by: 'octocat',
    started: at(30),
    ended: at(35),
    evidence: {
      downtimeMs: 130,
      downtimeMeasuredBy: 'systemd',
      checks: [{ name: 'http://127.0.0.1:8080/readyz', verdict: 'passed', attempts: 8, failures: 2 }],
      spans: [{ name: 'upload', started: at(30), ended: at(32) }],
    },
    ...more,
  };
}

export function cluster(more: Partial<Deployment> = {}): Deployment {
  const count = (requests: number, errors: number) => ({ requests, errors });
  return {
    kind: 'kubernetes',
    place: 'lab/production',
    service: 'Deployment/hello',
    image: `registry.example.com/hello@sha256:${hash('a')}`,
    release: 'v1.1.0',
    previous: `registry.example.com/hello@sha256:${hash('e')}`,
    state: 'healthy',
    by: 'octocat',
    started: at(40),
    ended: at(100),
    evidence: {
      steps: [
        { weight: 0, canary: count(200, 1), baseline: count(200, 2), harm: 0.9, good: 5 },
        { weight: 50, canary: count(200, 1), baseline: count(200, 2), harm: 0.8, good: 30 },
      ],
      limits: { alpha: 0.01, beta: 0.05, tolerance: 0.01 },
      trend: [0, 20, 40, 60].map(second => ({
        at: at(40 + second),
        weight: second < 40 ? 0 : 50,
        harm: 0.9,
        good: 1 + second / 2,
      })),
      pods: [{ pod: 'hello-1', imageID: `registry.example.com/hello@sha256:${hash('a')}` }],
    },
    ...more,
  };
}
