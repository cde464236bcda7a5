import { describe, expect, test } from '@jest/globals';
import { type Inspected, judgeContainer } from '../../../src/core/health/attempts/container.ts';
import { judgeSamples, samplesOf } from '../../../src/core/health/attempts/prometheus.ts';
import { judgeUnit, propertiesOf } from '../../../src/core/health/attempts/unit.ts';
import { type BackEnd, judgeWorkload } from '../../../src/core/health/attempts/workload-verdict.ts';
import type { ContainerCheck, WorkloadCheck } from '../../../src/core/health/check.ts';
import { ProbeFailure } from '../../../src/core/health/observation.ts';
import type { PodView } from '../../../src/core/kubernetes/index.ts';

/** What a verdict says: its detail, or its failure as `reason retriable: detail`. */
const said = (judge: () => string): string => {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    return `${error.reason} ${error.retriable ? 'may pass' : 'final'}: ${error.message}`;
  }
};

describe('a unit', () => {
  const up = { LoadState: 'loaded', ActiveState: 'active', SubState: 'running', MainPID: '42', NRestarts: '1' };
  test.each<[string, Record<string, string>, object, string]>([
    ['up', {}, {}, 'a.service is active/running, PID 42, restarted once'],
    ['starting', { ActiveState: 'activating', SubState: 'start' }, {}, 'unit may pass: a.service is activating/start'],
    ['failed', { ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '3' }, {}, '(exit-code, exit status 3)'],
    ['failed, final', { ActiveState: 'failed' }, {}, 'unit final'],
    ['a sub state', { SubState: 'exited' }, { state: 'exited' }, 'a.service is active/exited'],
    ['restarted too often', {}, { restarts: 0 }, 'unit final: a.service was restarted once; wanted: at most 0'],
    ['not there', { LoadState: 'not-found' }, {}, 'unit final: there is no unit a.service'],
    ['masked', { LoadState: 'masked' }, {}, 'unit final: the unit a.service is masked'],
  ])('%s', (_, more, wanted, words) => {
    const trace = { anchor: undefined };
    expect(
      said(() => judgeUnit({ unit: 'a.service', state: 'active', ...wanted }, { ...up, ...more }, trace)),
    ).toContain(words);
  });

  test('its process is what must stay', () => {
    const anchors = ['42', '43'].map(MainPID => {
      const trace: { anchor: string | undefined } = { anchor: undefined };
      judgeUnit({ unit: 'a.service', state: 'active' }, { ...up, MainPID }, trace);
      return trace.anchor;
    });
    expect(new Set(anchors).size).toBe(2);
    expect(propertiesOf('A=1\nB=x=y\nno\n')).toEqual({ A: '1', B: 'x=y' });
  });
});

describe('a container', () => {
  const check = { kind: 'container', name: 'c', container: 'web', state: 'running' } as ContainerCheck;
  const up: Inspected = {
    Id: 'abc',
    Image: 'f'.repeat(64),
    ImageDigest: `sha256:${'e'.repeat(64)}`,
    State: { Status: 'running' },
  };
  test.each<[string, object, Partial<Inspected>, string]>([
    ['running', {}, {}, 'the container web is running, restarted 0 times'],
    [
      'healthy by its own check',
      {},
      { State: { Status: 'running', Health: { Status: 'healthy' } } },
      'running, healthy',
    ],
    [
      'starting by its own check',
      {},
      { State: { Status: 'running', Healthcheck: { Status: 'starting' } } },
      'container may pass: the container web runs, and its own health check says starting',
    ],
    [
      'ended',
      {},
      { State: { Status: 'exited', ExitCode: 137, OOMKilled: true } },
      'is exited with code 137, out of memory; wanted: running',
    ],
    [
      'restarted',
      { restarts: 2 },
      { RestartCount: 3 },
      'container final: the container web was restarted 3 times; wanted: at most 2',
    ],
    ['the image by its digest', { image: `sha256:${'e'.repeat(64)}` }, {}, 'is running'],
    ['the image by its configuration', { image: `sha256:${'f'.repeat(64)}` }, {}, 'is running'],
    [
      'another image',
      { image: `sha256:${'a'.repeat(64)}` },
      {},
      'container final: the container web runs ffffffffffff or eeeeeeeeeeee; wanted: aaaaaaaaaaaa',
    ],
  ])('%s', (_, wanted, more, words) => {
    expect(said(() => judgeContainer({ ...check, ...wanted }, { ...up, ...more }, { anchor: undefined }))).toContain(
      words,
    );
  });
});

describe('a workload', () => {
  const check = { kind: 'workload', name: 'Deployment/a', workload: 'Deployment', object: 'a' } as WorkloadCheck;
  const done = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2 };
  const pod = (name: string, restarts = 0): PodView => ({
    name,
    ready: true,
    deleting: false,
    containers: [{ name: 'c', image: 'i', imageID: '', restarts, ready: true }],
  });
  const fronted: BackEnd[] = [{ service: 'web', ready: 2 }];
  test.each<[string, object, object, BackEnd[], string]>([
    ['rolled out', {}, {}, fronted, '2 of 2 pods are ready, behind web, restarted 1 times'],
    [
      'not looked at',
      { observedGeneration: 1 },
      {},
      [],
      'workload may pass: its newest specification has not been looked at',
    ],
    ['half way', { updatedReplicas: 1 }, {}, [], '1 of 2 pods are of the newest specification'],
    ['old ones left', { replicas: 3 }, {}, [], '1 pods of an older specification are still there'],
    ['not ready', { readyReplicas: 1 }, {}, [], 'workload may pass: 1 of 2 pods are ready'],
    [
      'stuck',
      { conditions: [{ type: 'Progressing', status: 'False', message: 'deadline exceeded' }] },
      {},
      [],
      'workload final: its rollout is stuck: deadline exceeded',
    ],
    ['restarted', {}, { restarts: 0 }, [], 'workload final: its containers were restarted 1 times; wanted: at most 0'],
    ['behind no Service', {}, { endpoints: 1 }, [], 'workload may pass: no Service selects its pods'],
    [
      'too few endpoints',
      {},
      {},
      [{ service: 'web', ready: 1 }],
      'the Service web has 1 ready endpoints of it; wanted: 2',
    ],
    [
      'a DaemonSet',
      { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberReady: 2 },
      {},
      [],
      '2 of 3 pods are ready',
    ],
  ])('%s', (_, status, wanted, backEnds, words) => {
    const object = {
      kind: 'Deployment',
      metadata: { name: 'a', generation: 2 },
      spec: { replicas: 2 },
      status: { ...done, ...status },
    };
    const seen = { object: object as never, pods: [pod('a-1', 1), pod('a-2')], backEnds };
    expect(said(() => judgeWorkload({ ...check, ...wanted }, seen, { anchor: undefined }))).toContain(words);
  });
});

describe('samples of Prometheus', () => {
  const vector = (...values: string[]) => ({
    resultType: 'vector',
    result: values.map((value, index) => ({ metric: { job: `j${index}` }, value: [1, value] })),
  });
  test.each<[string, object, object, string]>([
    ['all within', vector('0.5', '0.7'), { below: 1 }, '0.5 to 0.7 in 2 samples, below 1'],
    [
      'one beyond',
      vector('0.5', '1'),
      { below: 1 },
      'query may pass: 1 of 2 samples: {job="j1"} is 1; wanted: below 1',
    ],
    ['none', vector(), { below: 1 }, 'no-data may pass: the query has no sample'],
    ['NaN', vector('NaN'), { atMost: 1 }, 'query may pass: 1 of 1 samples'],
    ['infinity', vector('+Inf'), { above: 1 }, 'Infinity in 1 samples'],
    ['a scalar', { resultType: 'scalar', result: [1, '3'] }, { equals: 3 }, '3 in 1 samples, equal to 3'],
    ['two limits', vector('3'), { atLeast: 1, atMost: 2 }, 'wanted: at least 1 and at most 2'],
    ['a matrix', { resultType: 'matrix', result: [] }, { above: 0 }, 'query final: the result is a matrix'],
  ])('%s', (_, data, limits, words) => {
    expect(said(() => judgeSamples(samplesOf(data), limits))).toContain(words);
  });
});
