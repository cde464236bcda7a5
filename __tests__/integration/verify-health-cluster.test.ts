import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';
import { buildHello } from './hello.ts';
import { describeWith } from './lab.ts';
import { pushTinyImage, type TinyImage } from './tiny-image.ts';
import { verify } from './verify-health.ts';

const namespace = 'slipway-test-verify';
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';

await describeWith(['cluster', 'registry', 'go'], 'verify-health on Kubernetes', lab => {
  const url = `http://${lab.cluster.nodeAddress}:30188`;
  let folder: string;
  let v1: TinyImage;
  let v2: TinyImage;
  let binary: string;
  let context: string;
  let access: Record<string, string>;

  const kubectl = async (args: readonly string[], input = ''): Promise<string> => {
    const argv = [lab.cluster.kubectl, '--kubeconfig', lab.cluster.kubeconfig, '--request-timeout', '30s', ...args];
    return (await run(argv as [string, ...string[]], { input, timeout: 120_000 })).stdout.trim();
  };
  const apply = (...objects: object[]) =>
    kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const refOf = (image: TinyImage) => `${image.repository}@${image.digest}`;

  const workload = (name: string, image: string, replicas: number) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'hello', track: name } },
      template: {
        metadata: { labels: { app: 'hello', track: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'hello',
              image,
              env: [{ name: 'HELLO_LISTEN', value: ':8080' }],
              readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hello', namespace },
    spec: { type: 'NodePort', selector: { app: 'hello' }, ports: [{ port: 80, targetPort: 8080, nodePort: 30188 }] },
  };
  const rolledOut = (name: string) =>
    kubectl(['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=60s']);

  const recordOf = (more: Partial<Deployment> = {}): ReleaseRecord => ({
    schema: 'slipway.release/v1',
    name: 'hello',
    version: 'v2',
    binaries: [{ package: 'hello', target: `linux/${arch}`, path: 'hello', size: 1, sha256: binary }],
    images: [
      {
        repositories: [v2.repository],
        digest: v2.digest,
        tags: ['v2'],
        platforms: [{ platform: `linux/${arch}`, digest: v2.manifest, config: v2.config, size: 1, binaries: [binary] }],
        attestations: [],
      },
    ],
    deployments: [
      {
        kind: 'kubernetes',
        place: `${context}/${namespace}`,
        service: 'Deployment/hello',
        image: refOf(v2),
        release: 'v2',
        previous: 'v1',
        state: 'healthy',
        by: 'test',
        started: new Date().toISOString(),
        evidence: {},
        ...more,
      },
    ],
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    const push = async (version: string) => {
      const built = await buildHello(lab.go, folder, version);
      return {
        image: await pushTinyImage(lab.registry.url, 'test/verify-hello', built.path, arch),
        sha256: built.sha256,
      };
    };
    v1 = (await push('v1')).image;
    ({ image: v2, sha256: binary } = await push('v2'));
    context = await kubectl(['config', 'current-context']);
    access = {
      kubeconfig: await readFile(lab.cluster.kubeconfig, 'utf8'),
      checks: `${url}/healthz 200 within 2s`,
      deadline: '40s',
    };
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=true']);
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await apply(service, workload('hello', refOf(v2), 2));
    await rolledOut('hello');
  }, 400_000);
  afterAll(async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
    await rm(folder, { recursive: true });
  }, 60_000);

  test('every ready pod runs the pushed digest: verified', async () => {
    const done = await verify({ ...access, reported: `${url}/version\npods:8080/version` }, recordOf());
    expect(done.log).not.toContain('::error');
    expect(done).toMatchObject({ code: 0, outputs: { verdict: 'verified' }, report: { identity: 'proven' } });
    const identity = done.report.findings.find(finding => finding.kind === 'identity');
    expect(identity.evidence.pods).toHaveLength(2);
    const each = done.report.findings.find(finding => finding.name.startsWith('each pod'));
    expect(each).toMatchObject({ kind: 'reported', verdict: 'passed', evidence: { asked: 2 } });
    expect(`${done.log}${done.summary}${JSON.stringify(done.report)}`.includes('client-key-data')).toBe(false);
  }, 90_000);

  test('a workload as a check: its rollout, its pods, its Service', async () => {
    const look = (more: string) =>
      verify({ ...access, checks: `workload deployment/hello namespace ${namespace} ${more}`, deadline: '10s' });
    const good = await look('endpoints 2 restarts 0');
    expect(good).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
    expect(good.report.findings[0].detail).toContain('2 of 2 pods are ready, behind hello, restarted 0 times');
    const short = await look('endpoints 3 deadline 2s');
    expect(short).toMatchObject({ code: 1, report: { reasons: ['workload'] } });
    expect(short.log).toContain('the Service hello has 2 ready endpoints of it; wanted: 3');
  }, 90_000);

  test('a 200 from pods of the old image is a failure', async () => {
    await apply(workload('hello', refOf(v1), 2));
    await rolledOut('hello');
    const done = await verify({ ...access, reported: 'pods:8080/version', deadline: '10s' }, recordOf());
    expect(done.code).toBe(1);
    expect(done.report).toMatchObject({ verdict: 'failed' });
    expect(done.report.reasons).toContain('other-release');
    expect(['other-image', 'old-pods-left']).toContain(done.report.reasons[0]);
    expect(done.report.findings.find(finding => finding.kind === 'check').verdict).toBe('passed');
  }, 90_000);

  test('waits until a rollout is through', async () => {
    await apply(workload('hello', refOf(v2), 2));
    const done = await verify(access, recordOf());
    expect(done).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
  }, 90_000);

  test('a forgotten canary of the old image behind the same Service is a failure', async () => {
    await apply(workload('hello-canary', refOf(v1), 1));
    await rolledOut('hello-canary');
    const done = await verify({ ...access, deadline: '20s' }, recordOf());
    expect(done).toMatchObject({ code: 1, report: { verdict: 'failed', reasons: ['other-image'] } });
    await kubectl(['-n', namespace, 'delete', 'deployment', 'hello-canary', '--wait=true']);
  }, 90_000);

  test('an image that cannot be pulled, no such workload, no such context', async () => {
    const wrong = `${v2.repository}@sha256:${'0'.repeat(64)}`;
    await apply(workload('broken', wrong, 1));
    const broken = await verify(
      { ...access, deadline: '5s' },
      recordOf({ service: 'Deployment/broken', image: wrong }),
    );
    expect(broken.report).toMatchObject({ verdict: 'failed', reasons: ['pods-not-ready', 'not-in-record'] });

    const missing = await verify({ ...access, deadline: '20s' }, recordOf({ service: 'Deployment/nothing' }));
    expect(missing.report).toMatchObject({ verdict: 'failed', reasons: ['workload-missing'] });

    const elsewhere = await verify(access, recordOf({ place: `other-context/${namespace}` }));
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.log).toMatch(/::error::.*other-context/);
    expect(elsewhere.record?.verification).toBeUndefined();
  }, 120_000);
});
