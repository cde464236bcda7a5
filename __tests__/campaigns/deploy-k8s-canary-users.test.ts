import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace } from '../integration/canary-lab.ts';
import {
  type Done,
  exampleManifests,
  get,
  type Running,
  start,
  userTraffic,
} from '../integration/deploy-k8s-canary.ts';
import { campaignTest } from '../integration/extent.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { pushRegional } from '../integration/regional.ts';

const namespace = 'slipway-test-users';
const nodePort = 30345;
const host = 'users.slipway.test';
const prometheusPort = 9445;
const mirrorHost = 'mirror.slipway.test';
const backend = { name: 'hello', port: 80 };

/** What has to outlive a rollout: another backend, a rule that leads elsewhere. */
const routedTo = (service: object) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'hello' },
  spec: {
    entryPoints: ['web'],
    routes: [
      { kind: 'Rule', match: `Host(\`${mirrorHost}\`)`, services: [service] },
      { kind: 'Rule', match: 'Host(`other.slipway.test`)', services: [{ name: 'other', port: 80 }] },
    ],
  },
});
const weighted = {
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'TraefikService',
  metadata: { name: 'weighted' },
  spec: { weighted: { services: [{ ...backend, weight: 3 }] } },
};
/** With a filter, and copies that somebody else asked for. */
const filters = [
  { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }] } },
  { type: 'RequestMirror', requestMirror: { backendRef: { group: '', kind: 'Service', name: 'shadow', port: 80 } } },
];
const httpRoute = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'copied' },
  spec: {
    parentRefs: [{ name: 'copied' }],
    rules: [{ filters, backendRefs: [backend] }, { backendRefs: [backend] }],
  },
};
const virtualService = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'copied' },
  spec: {
    hosts: [host],
    http: [
      { mirrors: [{ destination: { host: 'shadow' } }], route: [{ destination: { host: 'hello', subset: 'stable' } }] },
      { route: [{ destination: { host: 'hello' } }] },
    ],
  },
};

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary goes by its users', lab => {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const service = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const gateway = `http://${lab.cluster.gateway}/`;
  let users: ReturnType<typeof userTraffic>[] = [];
  let manifests: Record<string, string>;
  let images: Record<'old' | 'good' | 'again' | 'late' | 'bad', string>;
  let url = '';
  let prometheus: { up(options: object): Promise<{ url: string }>; down(options: object): Promise<void> };

  /** By metrics alone: no own request. */
  const begin = (inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        router: 'gateway',
        steps: '50,100',
        'step-duration': '4s',
        'prometheus-url': url,
        metrics: 'errors',
        tolerance: '0.1',
        timeout: '3m',
        ...inputs,
      },
      manifests,
    );
  const ok = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const route = async () => JSON.parse(await kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec}']));
  const weights = async () => (await route()).rules[0].backendRefs.map((ref: { weight?: number }) => ref.weight);
  const patchRoute = (patch: object[]) =>
    kubectl(['patch', 'httproute', 'hello', '--type=json', '--field-manager=slipway', '-p', JSON.stringify(patch)]);
  /** Own requests, no metrics. */
  const own = {
    metrics: '',
    'prometheus-url': '',
    probes: `- url: ${gateway}?region=eu\n  headers: {host: ${host}}\n  status: 200`,
  };
  const errorsOf = ({ deployment }: Done) =>
    deployment?.evidence.metrics.find(({ metric }: { metric: string }) => metric === 'errors');
  /** How many users' requests to the new pods are in the saved evidence, once there are so many. */
  const savedErrors = async (atLeast: number): Promise<number> => {
    const until = Date.now() + 60_000;
    for (;;) {
      const text = await kubectl(['get', 'configmap', 'slipway-hello', '-o', 'jsonpath={.data.state}']);
      const { metrics } = JSON.parse(text).progress.evidence.analysis;
      const requests = metrics[0].strata['']?.canary.requests ?? 0;
      if (requests >= atLeast) return requests;
      if (Date.now() > until) throw new Error(`only ${requests} requests are in the saved evidence`);
      await sleep(300);
    }
  };
  const come = (address: string, everyMs: number, to = host) => {
    const one = userTraffic(address, to, everyMs);
    users.push(one);
    return one;
  };

  beforeAll(async () => {
    prometheus = (await labModule('prometheus')) as typeof prometheus;
    images = await pushRegional(lab, {
      old: [],
      good: [],
      again: ['AGAIN=1'],
      late: ['ERRORS=late=0.6'],
      bad: ['ERRORS=eu=0.5'],
    });
    const all = await exampleManifests(nodePort, host);
    manifests = Object.fromEntries(Object.entries(all).map(([name, text]) => [`${name}.yaml`, text]));
    await fresh();
    ({ url } = await prometheus.up({ port: prometheusPort, namespace }));
    ok(await begin({ image: images.old }).done);
  }, 180_000);

  afterEach(async () => {
    await Promise.all(users.map(one => one.stop()));
    users = [];
  });

  afterAll(async () => {
    await prometheus.down({ port: prometheusPort });
    await end();
  });

  test('traffic is shifted only when the pods of the step are warm; it stays where it was until then', async () => {
    const before = await weights();
    const seen = come(`${gateway}?region=eu`, 12).seen;
    const running = begin({ image: images.good, steps: '50,80,100', 'warm-up': '4s', 'step-duration': '2s' });
    await running.says('50 %: waiting until the new pods are warm, at 0 % as before');
    expect(await weights()).toEqual(before);
    expect([...seen.versions.keys()]).toEqual(['old']);
    await running.says('80 %: waiting until the new pods are warm, at 50 % as before');
    expect(await weights()).toEqual([50, 50]);
    await running.says('100 %: the workload’s pods get warm');
    expect(await weights()).toEqual([0, 100]);
    ok(await running.done);
    expect([await weights(), seen.failed]).toEqual([before, []]);
  }, 120_000);

  campaignTest(
    'max-runtime and SIGKILL: the evidence of metrics is kept; at 100 % each is watched against its tolerance',
    async () => {
      come(`${gateway}?region=eu`, 12);
      const inputs = { image: images.late, steps: '50,100' };
      const long = { ...inputs, 'step-duration': '90s' };
      const first = begin(long);
      await first.says('50 %: watching');
      const kept = await savedErrors(100);
      first.signal('SIGKILL');
      await first.done;
      // ended before anything new can be counted: what it knows is what was kept
      const second = await begin({ ...long, 'max-runtime': '1ms' }).done;
      expect([second.code, second.outputs['state']]).toEqual([0, 'progressing']);
      expect(errorsOf(second).canary.requests).toBeGreaterThanOrEqual(kept);
      expect(await savedErrors(0)).toBe(errorsOf(second).canary.requests);

      const third = begin({ ...inputs, mode: 'resume', 'step-duration': '30s' });
      await third.says('hello=0 hello-canary=100');
      expect(await weights()).toEqual([0, 100]);
      await third.says('100 %: watching');
      // the round that still has requests to the old pods is over: from here on there is nothing to compare with
      await savedErrors((await savedErrors(0)) + 1);
      come(`${gateway}?region=late`, 12);
      const done = await third.done;
      expect(done.log).toMatch(/errors: \d+ of \d+ requests of users were bad: E\(too many\)/);
      expect([done.code, done.deployment?.state, done.deployment?.evidence.reason.code]).toEqual([
        1,
        'rolled-back',
        'USERS_SEE_ERRORS',
      ]);
    },
    150_000,
  );

  test('own requests reach a canary at 1 % by a header, as often as asked; the rules for it are gone after abort, and nobody else’s', async () => {
    const routed = { ...own, steps: '0,1,100', 'step-duration': '30s', 'probe-rate': '40' };
    const before = await route();
    const running = begin({ ...routed, image: images.again, steps: '1,100' });
    await running.says('1 %: failed 0');
    const during = (await route()).rules;
    expect(during).toHaveLength(3);
    expect(during[0].backendRefs.map(({ weight }: { weight: number }) => weight)).toEqual([99, 1]);
    const foreign = { ...before.rules[0], matches: [{ path: { type: 'PathPrefix', value: '/theirs' } }] };
    await patchRoute([{ op: 'add', path: '/spec/rules/-', value: foreign }]);
    running.signal('SIGKILL');
    const { log } = await running.done;
    const [, fresh, old] = /failed 0 of (\d+) new, 0 of (\d+) old/.exec(log)!;
    expect(Math.min(Number(fresh), Number(old))).toBeGreaterThan(20); // 1 % of what was asked are two
    expect(log).toContain('Own requests reach each side through the route, by the header slipway-track');
    expect((await route()).rules).toHaveLength(4);
    ok(await begin({ mode: 'abort' }).done);
    expect(await route()).toEqual({ ...before, rules: [...before.rules, foreign] });
    await patchRoute([{ op: 'remove', path: '/spec/rules/1' }]);

    const users = come(`${gateway}?region=eu`, 20).seen;
    const bad = await begin({ ...routed, image: images.bad }).done;
    expect(bad.log).toMatch(/new release, through the route, .*: status 500 instead of 200/);
    expect([bad.code, bad.deployment?.evidence.reason.code, bad.deployment?.evidence.steps.length]).toEqual([
      1,
      'CANARY_WORSE',
      1,
    ]);
    expect([users.failed, users.versions.size, users.versions.has('bad')]).toEqual([[], 1, false]);
    expect(await route()).toEqual(before);
  }, 150_000);

  test('a split of users’ requests that contradicts the weights is found, with both numbers', async () => {
    come(`${gateway}?region=eu`, 60);
    come(`${service}?region=eu`, 10); // a way around the route
    const { code, log, deployment } = await begin({ image: images.again, 'step-duration': '30s' }).done;
    expect(log).toMatch(/the weight is 50 %, but \d+ of \d+ requests went to the new release/);
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'SPLIT_WRONG']);
    expect(deployment?.evidence.steps[0].observed).toBeLessThan(0.4);
  }, 90_000);

  test('steps: auto by users’ requests alone: a good release is promoted sooner than at fixed steps, a bad one rolled back', async () => {
    for (const region of ['eu', 'us']) come(`${service}?region=${region}`, 14);
    const auto = { router: 'service', steps: 'auto', 'step-duration': '25s' };
    const { code, log, took, outputs, deployment } = await begin({ ...auto, image: images.again }).done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(outputs['state']).toBe('healthy');
    expect(deployment?.evidence.steps).toHaveLength(9);
    // with fixed steps of the same weights, alpha and beta, each of the eight takes its 25 s
    expect(took).toBeLessThan(8 * 25_000);
    const bad = await begin({ ...auto, image: images.bad }).done;
    expect([bad.code, bad.deployment?.state, bad.deployment?.evidence.reason.code]).toEqual([
      1,
      'rolled-back',
      'CANARY_WORSE',
    ]);
  }, 240_000);

  const specOf = (what: string) => kubectl(['get', ...what.split('/'), '-o', 'jsonpath={.spec}']);
  const apply = (object: object) =>
    kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(object));
  /** Which version serves, once Traefik has read the route. */
  const routed = async (service: object): Promise<string> => {
    await apply(routedTo(service));
    const until = Date.now() + 30_000;
    while ((await get(gateway, mirrorHost)).status !== 200 && Date.now() < until) await sleep(100);
    return JSON.parse((await get(gateway, mirrorHost)).body).version;
  };
  const made = () => kubectl(['get', 'deployments,services,traefikservices', '-o', 'name']);
  /** Of somebody who may do what a Role says, and nothing else. */
  const kubeconfigWith = async (role: string): Promise<string> => {
    await kubectl(['apply', '--server-side', '-f', '-'], role);
    await kubectl(['create', 'serviceaccount', 'copies']);
    const subject = `--serviceaccount=${namespace}:copies`;
    await kubectl(['create', 'rolebinding', 'copies', '--role=slipway-hello', subject]);
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
    config.users[0].user = { token: await kubectl(['create', 'token', 'copies']) };
    return JSON.stringify(config);
  };
  const copied = { router: 'traefik', mirror: '{percent: 50, duration: 5s}', 'step-duration': '2s' };
  const untouched = 'deployment.apps/hello\nservice/hello';

  campaignTest(
    'mirror: killed in the step of copies; the next run goes on, and only what is good on copies gets users',
    async () => {
      const serving = await routed({ ...backend, passHostHeader: true });
      const before = await specOf('ingressroute/hello');
      const { seen } = come(`${gateway}?region=eu`, 10, mirrorHost);
      const inputs = { ...copied, steps: '0,100', image: images.good };
      const first = begin({ ...inputs, mirror: '{percent: 50, duration: 90s}' });
      await first.says('0 %: watching');
      const { routes } = JSON.parse(await specOf('ingressroute/hello'));
      expect(routes[0].services).toEqual([{ kind: 'TraefikService', name: 'hello-mirror' }]);
      expect(await savedErrors(50)).toBeGreaterThanOrEqual(50);
      first.signal('SIGKILL');
      await first.done;
      const status = await begin({ mode: 'status' }).done;
      expect(status.log).toContain('50 % of users’ requests are copied to it; what it answers to them is dropped.');
      expect([status.outputs['state'], [...seen.versions.keys()]]).toEqual(['progressing', [serving]]);

      const second = begin(inputs);
      await second.says('0 % passed');
      expect([...seen.versions.keys()]).toEqual([serving]);
      const done = await second.done;
      ok(done);
      const [copies, all] = done.deployment!.evidence.steps;
      expect([copies.weight, copies.mirrored, all.weight, all.mirrored]).toEqual([0, 50, 100, undefined]);
      expect(JSON.parse((await get(gateway, mirrorHost)).body).version).toBe('good');
      expect(done.summary).toMatch(/\| 0 %, 50 % copied \| 50 % of hello copied to hello-canary; no user on it \|/);
      expect([await specOf('ingressroute/hello'), await made(), seen.failed]).toEqual([before, untouched, []]);
    },
    150_000,
  );

  test('mirror: a release that fails on real requests alone is stopped by their copies, and no user was on it', async () => {
    await apply(weighted);
    const serving = await routed({ kind: 'TraefikService', name: 'weighted' });
    const what = 'traefikservice/weighted';
    const before = await specOf(what);
    const { seen } = come(`${gateway}?region=eu`, 10, mirrorHost);
    const probes = `- url: ${gateway}?region=none\n  headers: {host: ${mirrorHost}}\n  status: 200`;
    const inputs = { ...copied, probes, image: images.bad, route: what };
    const plan = await begin({ ...inputs, mode: 'plan' }).done;
    expect(plan.log).toContain('TraefikService/hello-mirror (deleted at the end)');
    expect(plan.log).toMatch(
      / 0 % +50 % of users’ requests are copied to hello-canary, no user is on it; .*; 1 pods .* for 5s/,
    );
    const kubeconfig = await kubeconfigWith(/ and no more:\n([\s\S]*)\nNothing was changed/.exec(plan.log)![1]!);
    const { code, log, deployment } = await begin({ ...inputs, kubeconfig }).done;
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'CANARY_WORSE']);
    expect(deployment?.evidence.steps.map(({ weight }: { weight: number }) => weight)).toEqual([0]);
    expect(log).not.toContain('hello-canary=50');
    await sleep(500); // what was on its way
    expect([seen.failed, [...seen.versions.keys()], seen.requests > 200]).toEqual([[], [serving], true]);
    expect([await specOf(what), await made()]).toEqual([before, `${untouched}\ntraefikservice.traefik.io/weighted`]);
    await kubectl(['delete', ...what.split('/')]);
  }, 90_000);

  test('mirror: a Gateway that does not copy is refused before any write', async () => {
    const before = JSON.stringify(await route());
    const { code, log } = await begin({ image: images.late, mirror: '5s' }).done;
    expect([code, log.includes('[MIRROR_UNSUPPORTED]')]).toEqual([1, true]);
    expect(log).toMatch(
      /GatewayClass\/traefik .* does not say that it supports HTTPRouteRequestMirror, HTTPRouteRequestPercentage/,
    );
    expect([JSON.stringify(await route()), await made()]).toEqual([before, untouched]);
  }, 30_000);

  test('mirror, at the API: copies are asked for behind what a route has; none come, and it is as before, byte for byte', async () => {
    const gatewayClass = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: namespace },
      spec: { controllerName: 'slipway.test/none' },
    };
    const features = ['', 'Percentage'].map(what => ({ name: `HTTPRouteRequest${what}Mirror` }));
    const supportedFeatures = [{ name: 'HTTPRouteRequestMultipleMirrors' }, ...features];
    const of = { gatewayClassName: namespace, listeners: [{ name: 'web', port: 80, protocol: 'HTTP' }] };
    await apply(gatewayClass);
    try {
      await kubectl([
        'patch',
        'gatewayclass',
        namespace,
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify({ status: { supportedFeatures } }),
      ]);
      await apply({ ...gatewayClass, kind: 'Gateway', metadata: { name: 'copied' }, spec: of });
      await apply(httpRoute);
      await apply(virtualService);
      for (const [router, what, says, lists] of [
        [
          'gateway',
          'httproute/copied',
          'HTTPRoute/copied: hello=1',
          (spec: Spec) => spec.rules!.map(rule => rule.filters),
        ],
        [
          'istio',
          'virtualservice/copied',
          '"errors" has nothing of the new pods at this weight',
          (spec: Spec) => spec.http!.map(rule => rule.mirrors),
        ],
      ] as const) {
        const before = await specOf(what);
        const mirror = '{percent: 20, duration: 2s}';
        const running = begin({ router, route: 'copied', mirror, image: images.late, 'on-inconclusive': 'rollback' });
        await running.says('0 %: watching');
        const during = lists(JSON.parse(await specOf(what)));
        if (router === 'gateway') running.signal('SIGTERM'); // a job that is cancelled
        const { code, log, deployment } = await running.done;
        expect(during).toEqual(wanted[router]);
        expect([code, deployment?.state]).toEqual([1, 'rolled-back']);
        expect(log).toContain(says);
        expect([await specOf(what), await made()]).toEqual([before, untouched]);
      }
    } finally {
      await kubectl(['delete', 'gatewayclass', namespace]);
    }
  }, 120_000);
});

interface Spec {
  readonly rules?: readonly { readonly filters?: unknown }[];
  readonly http?: readonly { readonly mirrors?: unknown }[];
}

const backendRef = { group: '', kind: 'Service', name: 'hello-canary', port: 80 };
const ours = { type: 'RequestMirror', requestMirror: { backendRef, percent: 20 } };
const copy = { destination: { host: 'hello-canary' }, percentage: { value: 20 } };
const wanted = {
  gateway: [[...filters, ours], [ours]],
  istio: [[...virtualService.spec.http[0]!.mirrors!, copy], [copy]],
};
