import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/core/kubernetes/index.ts';
import { canaryDeployment, canaryService, holdLabels } from '../../src/deploy-k8s-canary/canary-objects.ts';
import { chooseContainer, targetPort, withImage } from '../../src/deploy-k8s-canary/containers.ts';
import { countReady } from '../../src/deploy-k8s-canary/endpoints.ts';
import { parseManifests } from '../../src/deploy-k8s-canary/manifests.ts';
import { isComplete } from '../../src/deploy-k8s-canary/rollout.ts';
import { Split } from '../../src/deploy-k8s-canary/split.ts';
import { parseSteps } from '../../src/deploy-k8s-canary/steps.ts';

const deployment = (...containers: object[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'hello', uid: 'u1' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'hello' } },
    template: { metadata: { labels: { app: 'hello', tier: 'web' } }, spec: { containers } },
  },
});
const service = (
  selector: Record<string, string>,
  ports: object[] = [{ port: 80, targetPort: 'http', nodePort: 30080 }],
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'hello' },
  spec: { selector, ports, clusterIP: '10.0.0.1' },
});
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('steps', () => {
  test('with spaces and percent signs', () => expect(parseSteps(['0', '50 %', '100%'])).toEqual([0, 50, 100]));
  test.each([
    [['50', '20', '100']],
    [['0', '0', '100']],
    [['0', '50']],
    [['100']],
    [['0', '101']],
    [['0.5', '100']],
    [['-1', '100']],
    [['a', '100']],
  ])('%j is refused', items => {
    expect(() => parseSteps(items)).toThrow(code('STEPS_INVALID'));
  });
});

describe('keeping pods out of Services', () => {
  test.each([
    { name: 'one label is enough', selectors: [{ app: 'hello' }], held: { app: 'hello-canary' } },
    {
      name: 'one for two Services that share it',
      selectors: [{ app: 'hello' }, { app: 'hello', tier: 'web' }],
      held: { app: 'hello-canary' },
    },
    {
      name: 'two where they share none',
      selectors: [{ app: 'hello' }, { tier: 'web' }],
      held: { app: 'hello-canary', tier: 'web-canary' },
    },
    { name: 'none where no Service selects them', selectors: [{ app: 'other' }], held: {} },
  ])('$name', ({ selectors, held }) => {
    expect(
      holdLabels(
        selectors.map(one => service(one)),
        { app: 'hello', tier: 'web' },
      ),
    ).toEqual(held);
  });
  test('a value stays within 63 characters', () => {
    const long = 'a'.repeat(63);
    expect(holdLabels([service({ app: long })], { app: long })['app']).toHaveLength(63);
  });
});

test('the canary is the same pod with other labels, selected only by ours', () => {
  const desired = withImage(
    deployment({ name: 'hello', image: 'r.example/hello:v1', futureField: { kept: true } }),
    'hello',
    'r.example/hello:v2',
  );
  const canary = canaryDeployment(desired, deployment(), { app: 'hello-canary' }, 3);
  const own = { 'slipway/workload': 'hello', 'slipway/track': 'canary' };
  expect(canary['spec'].selector.matchLabels).toEqual(own);
  expect(canary['spec'].template.metadata.labels).toEqual({ app: 'hello-canary', tier: 'web', ...own });
  expect(canary['spec'].template.spec.containers).toEqual([
    { name: 'hello', image: 'r.example/hello:v2', futureField: { kept: true } },
  ]);
  expect([canary.metadata.name, canary['spec'].replicas]).toEqual(['hello-canary', 3]);
  expect(canary.metadata.ownerReferences).toEqual([
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello', uid: 'u1' },
  ]);
});

test('the canary’s Service has the ports, but no node port and no address', () => {
  const { spec } = canaryService('hello-canary', service({ app: 'hello' }), deployment());
  expect(spec).toEqual({
    type: 'ClusterIP',
    selector: { 'slipway/workload': 'hello', 'slipway/track': 'canary' },
    ports: [{ port: 80, targetPort: 'http' }],
  });
});

describe('containers', () => {
  const [hello, proxy] = [{ name: 'hello', ports: [{ name: 'http', containerPort: 8080 }] }, { name: 'proxy' }];
  test.each([
    { name: 'the only one', containers: [proxy], wanted: undefined, found: 'proxy' },
    { name: 'the one named as the workload', containers: [proxy, hello], wanted: undefined, found: 'hello' },
    { name: 'the named one', containers: [proxy, hello], wanted: 'proxy', found: 'proxy' },
  ])('$name', ({ containers, wanted, found }) =>
    expect(chooseContainer(deployment(...containers), wanted).name).toBe(found),
  );
  test.each([
    [[proxy, { name: 'x' }], undefined],
    [[hello], 'absent'],
  ])('none fits', (containers, wanted) => {
    expect(() => chooseContainer(deployment(...containers), wanted)).toThrow(code('CONTAINER_UNKNOWN'));
  });
  test('a named target port is looked up', () =>
    expect(targetPort(service({ app: 'hello' }), deployment(hello), 'hello')).toBe(8080));
  test('without a Service it is the container’s first port', () =>
    expect(targetPort(undefined, deployment(hello), 'hello')).toBe(8080));
});

test('endpoints: a pod counts once, and only when it is ready', () => {
  const pod = (name: string, ready?: boolean) => ({
    targetRef: { kind: 'Pod', name },
    ...(ready === undefined ? {} : { conditions: { ready } }),
  });
  const slices = [
    { metadata: { name: 'ipv4' }, endpoints: [pod('a'), pod('b', true), pod('c', false), pod('d', true)] },
    { metadata: { name: 'ipv6' }, endpoints: [pod('a'), pod('b', true)] },
  ];
  expect(countReady(slices, new Set(['d']))).toEqual({ stable: 2, canary: 1 });
});

describe('manifests', () => {
  test('documents and lists are taken apart, unknown fields kept', () => {
    const text =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nnewField: 1\n---\n---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: b}}]\n';
    expect(parseManifests(text, 'x.yaml').map(object => `${object.kind}/${object.metadata.name}`)).toEqual([
      'ConfigMap/a',
      'Secret/b',
    ]);
    expect(parseManifests(text, 'x.yaml')[0]!['newField']).toBe(1);
  });
  test.each(['a: [', 'just text', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}'])('%j is refused', text => {
    expect(() => parseManifests(text, 'x.yaml')).toThrow(code('MANIFEST_INVALID'));
  });
});

describe('the observed split', () => {
  const observed = (weight: number, canary: number, baseline: number) => {
    const split = new Split(weight);
    for (const canary of [50, 7, 7]) split.add({ canary, baseline: 0 }); // the first moments
    split.add({ canary, baseline });
    return split;
  };
  test('the first answers do not count', () => expect(observed(50, 30, 30).share).toBe(0.5));
  test('none seen, none known', () => expect(new Split(50).share).toBeUndefined());
  test.each([
    [50, 40, 60],
    [20, 30, 70],
    [100, 100, 0],
    [5, 2, 58],
  ])('%i %% as %i to %i passes', (weight, canary, baseline) => observed(weight, canary, baseline).judge());
  test.each([
    [50, 0, 100],
    [50, 100, 0],
    [100, 50, 50],
    [10, 50, 50],
  ])('%i %% as %i to %i is wrong', (weight, canary, baseline) => {
    expect(() => observed(weight, canary, baseline).judge()).toThrow(code('SPLIT_WRONG'));
  });
  test('of users’ requests the first round does not count, which may reach back; the error names both numbers', () => {
    const split = new Split(20, true);
    const none = { canary: 0, baseline: 0 };
    for (const seen of [none, none, none, none, { canary: 50, baseline: 0 }, none, { canary: 60, baseline: 40 }])
      split.add(seen);
    expect(split.share).toBe(0.6);
    expect(() => split.judge()).toThrow('the weight is 20 %, but 60 of 100 requests went to the new release');
  });
  test('too few answers are not judged', () => observed(50, 0, 40).judge());
});

describe('a rollout is complete', () => {
  const status = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  const at = (change: object): KubeObject => ({
    ...deployment(),
    metadata: { name: 'hello', generation: 2 },
    status: { ...status, ...change },
  });
  test('when all is new and available', () => expect(isComplete(at({}))).toBe(true));
  test.each([{ observedGeneration: 1 }, { replicas: 3 }, { updatedReplicas: 1 }, { availableReplicas: 1 }])(
    'not with %j',
    change => expect(isComplete(at(change))).toBe(false),
  );
});
