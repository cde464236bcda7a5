import { expect, test } from '@jest/globals';
import type { Cluster } from '../../src/core/kubernetes/index.ts';
import { beginRecord } from '../../src/core/record/begin.ts';
import { canaryDrawings } from '../../src/core/report/canary-drawings.ts';
import { Journal } from '../../src/deploy-k8s-canary/journal.ts';
import type { Options } from '../../src/deploy-k8s-canary/options.ts';
import { withDeployments } from '../../src/deploy-k8s-canary/record.ts';
import { rowOf } from '../../src/deploy-k8s-canary/step-row.ts';

test('the record keeps the course of a rollout, so that the report can draw it', async () => {
  const journal = new Journal();
  await journal.span('step 0 %', async () => undefined);
  rowOf(journal, 0);
  const began = Date.UTC(2026, 0, 1);
  for (const second of [0, 10, 20])
    journal.trend.add({
      at: began + 1000 * second,
      weight: second,
      harm: 0.5,
      good: second === 20 ? Number.POSITIVE_INFINITY : 1,
    });
  const options = { directory: '/x', by: 'me', mode: 'deploy', alpha: 0.01, beta: 0.05, tolerance: 0.01, probes: [] };
  const outcome = {
    state: 'healthy',
    kind: 'Deployment',
    workload: 'hello',
    release: 'v1',
    image: 'x@y',
    previous: '',
    changed: true,
  } as const;
  const loaded = beginRecord('/x', { name: 'hello', version: 'v1' });
  const cluster = { contextName: 'c', namespace: 'n' } as Cluster;
  const site = { name: '', wave: 1, options: options as unknown as Options, cluster, journal };
  const now = new Date().toISOString();
  const { record } = withDeployments(loaded, [{ site, outcome, started: now, ended: now }]);
  const [deployment] = JSON.parse(JSON.stringify(record)).deployments;
  expect(deployment.place).toBe('c/n');
  expect(deployment.evidence.spans).toMatchObject([{ name: 'step 0 %' }]);
  expect(deployment.evidence.trend).toEqual([
    { at: '2026-01-01T00:00:00.000Z', weight: 0, harm: 0.5, good: 1 },
    { at: '2026-01-01T00:00:10.000Z', weight: 10, harm: 0.5, good: 1 },
    { at: '2026-01-01T00:00:20.000Z', weight: 20, harm: 0.5, good: Number.MAX_VALUE },
  ]);
  const [weight, evidence] = canaryDrawings(deployment);
  expect(weight!.points.map(({ label }) => label)).toEqual(['0ms', '10s', '20s']);
  expect(evidence!.series[1]!.values).toEqual([0, 0, 4]);
});
