import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { usersLab } from './canary-users.ts';
import { get } from './deploy-k8s-canary.ts';
import { campaignTest } from './extent.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-mirror';
const host = 'mirror-users.slipway.test';
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

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary judged on copies', lab => {
  const place = { namespace, nodePort: 30346, host, prometheusPort: 9446 };
  const { kubectl, gateway, images, begin, ok, route, savedErrors, come } = usersLab(lab, place);

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
    'killed in the step of copies; the next run goes on, and only what is good on copies gets users',
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

  test('a release that fails on real requests alone is stopped by their copies, and no user was on it', async () => {
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

  test('a Gateway that does not copy is refused before any write', async () => {
    const before = JSON.stringify(await route());
    const { code, log } = await begin({ image: images.late, mirror: '5s' }).done;
    expect([code, log.includes('[MIRROR_UNSUPPORTED]')]).toEqual([1, true]);
    expect(log).toMatch(
      /GatewayClass\/traefik .* does not say that it supports HTTPRouteRequestMirror, HTTPRouteRequestPercentage/,
    );
    expect([JSON.stringify(await route()), await made()]).toEqual([before, untouched]);
  }, 30_000);

  test('at the API: copies are asked for behind what a route has; none come, and it is as before, byte for byte', async () => {
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
