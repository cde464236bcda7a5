import { describe, expect, test } from '@jest/globals';
import { jobOf, withUniqueName } from '../../src/deploy-k8s-canary/before/jobs.ts';
import { versionConfig } from '../../src/deploy-k8s-canary/config-copies.ts';
import { resolveOptions } from '../../src/deploy-k8s-canary/options.ts';
import { differing, type Request } from '../../src/deploy-k8s-canary/request.ts';

const job = (spec: object, labels: Record<string, string> = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate' },
  spec: { template: { metadata: { labels }, spec } },
});
const release = {
  workload: 'hello',
  kind: 'Deployment' as const,
  image: 'ghcr.io:5000/acme/hello@sha256:aa',
  known: ['registry.example/hello:v1', ''],
  selector: { app: 'hello' },
  read: (template: object) => template,
  within: 90_500,
};
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a Job before the first step', () => {
  test.each([
    { name: 'the repository of the release', image: 'ghcr.io:5000/acme/hello:latest', expected: release.image },
    { name: 'the repository of the manifest', image: 'registry.example/hello:v0', expected: release.image },
    { name: 'no image', image: undefined, expected: release.image },
    { name: 'a tool of its own', image: 'flyway/flyway:12', expected: 'flyway/flyway:12' },
    {
      name: 'a name that only begins so',
      image: 'registry.example/hello-tools:v1',
      expected: 'registry.example/hello-tools:v1',
    },
  ])('$name', ({ image, expected }) => {
    const { spec } = jobOf(
      job({ initContainers: [{ name: 'a', image }], containers: [{ name: 'b', image }] }),
      release,
    );
    const { initContainers, containers } = spec.template.spec;
    expect([initContainers[0].image, containers[0].image]).toEqual([expected, expected]);
  });

  test('has a deadline and is kept for a day, where its manifest does not say', () => {
    const { spec, metadata } = jobOf(job({ containers: [] }), release);
    expect(spec).toMatchObject({ activeDeadlineSeconds: 91, ttlSecondsAfterFinished: 86_400 });
    expect(metadata.labels).toEqual({ 'slipway/workload': 'hello', 'slipway/track': 'before' });
    const own = job({ containers: [] });
    Object.assign(own.spec, { activeDeadlineSeconds: 7, ttlSecondsAfterFinished: 60 });
    expect(jobOf(own, release).spec).toMatchObject({ activeDeadlineSeconds: 7, ttlSecondsAfterFinished: 60 });
  });

  test('another kind is refused', () => {
    expect(() => jobOf({ ...job({}), kind: 'CronJob' }, release)).toThrow(code('BEFORE_INVALID'));
  });

  test('one whose pods users would reach is refused', () => {
    expect(() => jobOf(job({}, { app: 'hello', tier: 'db' }), release)).toThrow(code('BEFORE_INVALID'));
  });

  test('each rollout has its own name, and finds it again', () => {
    const [one, other] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'].map(
      started => withUniqueName(job({}), started).metadata.name,
    );
    expect(one).toMatch(/^migrate-[0-9a-f]{10}$/);
    expect(other).not.toBe(one);
    expect(withUniqueName(job({}), '2026-01-01T00:00:00Z').metadata.name).toBe(one);
    const long = { ...job({}), metadata: { name: 'm'.repeat(63) } };
    expect(withUniqueName(long, '').metadata.name).toHaveLength(63);
  });

  test('rendered into a working tree none can run', () => {
    const inputs = {
      mode: 'render',
      workload: { kind: 'Deployment', name: 'hello' },
      manifests: ['.'],
      before: ['job.yaml'],
      metrics: [],
      steps: [100],
      image: `r.example/hello@sha256:${'a'.repeat(64)}`,
    };
    expect(() => resolveOptions(inputs as unknown as Parameters<typeof resolveOptions>[0], undefined, '.')).toThrow(
      code('INPUT_INVALID'),
    );
  });

  test('who resumes has the same ones, or none', () => {
    const request = { before: 'a' } as Request;
    expect(differing(request, { before: 'b' } as Request)).toEqual(['before: others']);
    expect(differing(request, {} as Request)).toEqual([]);
  });

  test('reads ConfigMaps in the version of the release', () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hello-config' }, data: { A: '1' } };
    const reading = (...names: string[]) => ({
      containers: [{ envFrom: names.map(name => ({ configMapRef: { name } })) }],
    });
    const { read, template } = versionConfig(
      [config],
      { kind: 'Deployment', name: 'hello' },
      { spec: reading('hello-config') },
    );
    const made = jobOf(job(reading('hello-config', 'another')), { ...release, read });
    const [own, other] = made.spec.template.spec.containers[0].envFrom;
    expect(own.configMapRef.name).toMatch(/^hello-config-[0-9a-f]{10}$/);
    expect(template).toMatchObject({ spec: { containers: [{ envFrom: [own] }] } });
    expect(other.configMapRef.name).toBe('another');
  });
});
