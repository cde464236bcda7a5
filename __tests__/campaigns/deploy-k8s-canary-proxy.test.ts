import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Asked, type Fault, faults, says } from '../integration/api-faults.ts';
import { type apiProxy as ApiProxy, apiProxy } from '../integration/api-proxy.ts';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, get, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-proxy';
const host = 'proxy.slipway.test';

/** What the state says that is being done; before it says anything, it is the preflight. */
type Phase = 'preflight' | 'progressing' | 'promoting' | 'rolling-back';

const isOfWatch = (name: string) => name.includes('watch');
const [ofWatches, ofRequests] = [true, false].map(of =>
  faults
    .map(({ name }) => name)
    .filter(name => isOfWatch(name) === of)
    .sort(),
);

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary behind an ill API server', lab => {
  const url = `http://${lab.cluster.gateway}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let folder: string;
  let token: string;
  let proxy: Awaited<ReturnType<typeof ApiProxy>>;
  let images: Record<'v1' | 'v2' | 'errors', string>;
  let manifests: Record<string, string>;
  let phase: Phase = 'preflight';

  const begin = (inputs: Record<string, string>) =>
    start(
      proxy.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        router: 'gateway',
        probes: `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`,
        steps: '50,100',
        'step-duration': '2s',
        'probe-rate': '90',
        tolerance: '0.05',
        ...inputs,
      },
      manifests,
    );
  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const backends = async () =>
    JSON.parse(await kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec.rules[0].backendRefs}']));
  /** All traffic is on this release, nothing else is left, and `status` says so. */
  const settledOn = async (version: 'v1' | 'v2', state: string) => {
    proxy.meddle();
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(url, host)));
    expect(new Set(answers.map(({ body }) => JSON.parse(body).version))).toEqual(new Set([version]));
    expect(await kubectl(['get', 'deployments,services', '-o', 'name'])).toBe('deployment.apps/hello\nservice/hello');
    const status = await begin({ mode: 'status' }).done;
    expect([status.code, status.outputs['state']]).toEqual([0, state]);
    expect(status.log).toContain(`${images[version]}; 2 of 2 pods are new, 2 available`);
  };

  /** Follows the phase, by what is written to the state. */
  const follow = () => {
    phase = 'preflight';
    proxy.watch(({ label }, _, when) => {
      const said = /slipway-hello \(([a-z-]+),/.exec(label)?.[1];
      if (when === 'after' && said !== undefined) phase = said as Phase;
      return 'pass';
    });
  };
  /**
   * Deals each fault of a request in each of the phases, to the first one that it fits; it is tried again, and goes well then.
   * Each time that pods are waited for is one watch at least, more where there is time: these meet the faults of watches in turn.
   */
  const dealOnce = (...phases: readonly Phase[]) => {
    const dealt = new Map(phases.map(one => [one, new Set<string>()]));
    const ofWatch = new Set<string>();
    const ill = new Set<string>();
    follow();
    proxy.meddle(asked => {
      const ofPhase = dealt.get(phase);
      if (ofPhase === undefined || isAside(asked) || ill.delete(labelOf(asked))) return undefined;
      const met = asked.watch ? ofWatch : ofPhase;
      const fault = faults.find(({ name, fits }) => !met.has(name) && isOfWatch(name) === asked.watch && fits(asked));
      if (fault === undefined) return undefined;
      met.add(fault.name);
      if (!asked.watch) ill.add(labelOf(asked));
      return fault;
    });
    return { in: (of: Phase) => [...dealt.get(of)!].sort(), ofWatch };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-token-'));
    token = join(folder, 'token');
    await writeFile(token, 'first-token');
    proxy = await apiProxy(lab.cluster.kubeconfig, { tokenFile: token });
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], errors: ['v2', 'HELLO_ERROR_RATE=0.4'] });
    const texts = await exampleManifests(30496, host);
    manifests = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.yaml`, text]));
    await fresh();
    good(await begin({ image: images.v1 }).done);
  }, 180_000);

  afterEach(() => {
    proxy.meddle();
    proxy.watch();
  });
  afterAll(async () => {
    await proxy.close();
    await rm(folder, { recursive: true });
    await end();
  });

  test('each fault in preflight, steps and promotion: the release is promoted, and no user hears of it', async () => {
    const before = await backends();
    const dealt = dealOnce('preflight', 'progressing', 'promoting');
    const users = userTraffic(url, host, 20);
    good(await begin({ image: images.v2 }).done);
    expect((await users.stop()).failed).toEqual([]);
    for (const one of ['preflight', 'progressing', 'promoting'] as const) expect(dealt.in(one)).toEqual(ofRequests);
    expect([...dealt.ofWatch].sort()).toEqual(ofWatches);
    expect(await backends()).toEqual(before);
    await settledOn('v2', 'healthy');
  }, 120_000);

  test('each fault in a rollback: the release before serves again, and no user hears of it', async () => {
    const dealt = dealOnce('rolling-back');
    const users = userTraffic(url, host, 20);
    good(await begin({ mode: 'rollback' }).done);
    expect((await users.stop()).failed).toEqual([]);
    expect([dealt.in('rolling-back'), dealt.ofWatch.size > 0]).toEqual([ofRequests, true]);
    await settledOn('v1', 'rolled-back');
  }, 120_000);

  test('each fault while a bad release is rolled back', async () => {
    const before = await backends();
    const dealt = dealOnce('rolling-back');
    const { code, log, outputs } = await begin({ image: images.errors, steps: '20,100', 'step-duration': '30s' }).done;
    expect([code, outputs['state'], log.includes('[CANARY_WORSE]')]).toEqual([1, 'rolled-back', true]);
    expect(dealt.in('rolling-back')).toEqual(ofRequests);
    expect(await backends()).toEqual(before);
    await settledOn('v1', 'rolled-back');
  }, 120_000);

  test('a token that expires in the middle of a step is read anew; one that stays expired is named, and abort with a new one ends it', async () => {
    const accept = (wanted: string) =>
      proxy.meddle(({ authorization }) =>
        authorization === `Bearer ${wanted}` ? undefined : says(401, 'Unauthorized'),
      );
    accept('first-token');
    const running = begin({ image: images.v2, 'step-duration': '60s' });
    await running.says('50 %: watching');
    await writeFile(token, 'second-token');
    accept('second-token');
    await running.says('::add-mask::second-token');
    await running.says('50 %: failed 0 of'); // a line of progress: it goes on
    accept('third-token');
    const { code, log, outputs } = await running.done;
    expect([code, outputs['state']]).toEqual([1, 'failed']);
    expect(log).toContain('[KUBE_UNAUTHORIZED]');
    expect(log).toContain('they may have expired');
    await writeFile(token, 'third-token');
    await kubectl(['patch', 'lease', 'slipway-hello', '--type=merge', '-p', '{"spec":{"leaseDurationSeconds":1}}']);
    const status = await begin({ mode: 'status' }).done;
    expect([status.outputs['state'], status.log.includes('Up to 50 % of the traffic is on')]).toEqual([
      'progressing',
      true,
    ]);
    const aborted = await begin({ mode: 'abort' }).done;
    expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
    await settledOn('v1', 'rolled-back');
  }, 120_000);

  const phases: readonly Phase[] = ['preflight', 'progressing', 'promoting', 'rolling-back'];

  /** One rollout, good or bad as the phase needs it, and what another run makes of what is left. */
  async function round(during: Phase, meddle: (asked: Asked) => Fault | undefined): Promise<void> {
    const now = await kubectl([
      'get',
      'deployment',
      'hello',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].image}',
    ]);
    const [old, next] = now === images.v1 ? (['v1', 'v2'] as const) : (['v2', 'v1'] as const);
    const bad = during === 'rolling-back';
    const before = await backends();
    const users = userTraffic(url, host, 25);
    follow();
    proxy.meddle(asked => (phase === during && !isAside(asked) ? meddle(asked) : undefined));
    const done = await begin({
      image: bad ? images.errors : images[next],
      steps: '20,100',
      'step-duration': bad ? '30s' : '2s',
    }).done;
    proxy.meddle();
    const left = await begin({ mode: 'status' }).done;
    good(left);
    process.stderr.write(`  ${during}: ${done.outputs['state']}, then ${left.outputs['state']}\n`);
    if (left.outputs['state'] === 'progressing') good(await begin({ mode: 'resume' }).done);
    const status = await begin({ mode: 'status' }).done;
    const promoted = status.outputs['state'] === 'healthy' && (during !== 'preflight' || done.code === 0);
    if (bad) expect(status.outputs['state']).toBe('rolled-back');
    else expect((await users.stop()).failed).toEqual([]);
    expect(await backends()).toEqual(before);
    await settledOn(promoted ? next : old, status.outputs['state']!);
  }

  test.each(phases.flatMap(during => faults.map(fault => [fault.name, during, fault] as const)))(
    '%s at the first try of each request, %s',
    async (_, during, { fits, happen, name }) => {
      const ill = new Set<string>();
      await round(during, asked => {
        if (!fits(asked) || ill.delete(labelOf(asked))) return undefined;
        ill.add(labelOf(asked));
        return { name, fits, happen };
      });
    },
    300_000,
  );

  test.each(phases)(
    'away for 75 seconds, %s',
    async during => {
      let until = 0;
      const reset = faults.find(({ name }) => name === 'a reset')!;
      await round(during, () => {
        if (until === 0) until = Date.now() + 75_000;
        return Date.now() < until ? reset : undefined;
      });
    },
    400_000,
  );
});

/** The lease is renewed beside the rollout, and pods are asked through the API server: neither is a step of it. */
function isAside({ path }: Asked): boolean {
  return path.includes('/leases/') || path.includes('/proxy/');
}

function labelOf({ method, path, watch }: Asked): string {
  return `${watch ? 'WATCH' : method} ${path}`;
}
