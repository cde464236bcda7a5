import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { ownNamespace } from './canary-lab.ts';
import { type Done, exampleManifests, type Running, start, userTraffic } from './deploy-k8s-canary.ts';
import { type Lab, labModule } from './lab.ts';
import { pushRegional } from './regional.ts';

export interface Place {
  readonly namespace: string;
  readonly nodePort: number;
  /** Which the example's route is for. */
  readonly host: string;
  readonly prometheusPort: number;
}

/** A namespace where users come, whom a Prometheus of its own counts; `old` serves when the tests begin. */
export function usersLab(
  lab: Lab<'cluster' | 'registry' | 'go'>,
  { namespace, nodePort, host, prometheusPort }: Place,
) {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const service = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const gateway = `http://${lab.cluster.gateway}/`;
  let users: ReturnType<typeof userTraffic>[] = [];
  let manifests: Record<string, string>;
  const images = {} as Record<'old' | 'good' | 'again' | 'late' | 'bad', string>;
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
    const pushed = await pushRegional(lab, {
      old: [],
      good: [],
      again: ['AGAIN=1'],
      late: ['ERRORS=late=0.6'],
      bad: ['ERRORS=eu=0.5'],
    });
    Object.assign(images, pushed);
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

  return { kubectl, service, gateway, images, begin, ok, route, savedErrors, come };
}
