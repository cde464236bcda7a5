import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type apiProxy as ApiProxy, apiProxy, type Write } from './api-proxy.ts';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { type Done, exampleManifests, get, start, userTraffic } from './deploy-k8s-canary.ts';
import { campaign } from './extent.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-kills';
const host = 'kills.slipway.test';
const nodePort = 30295;
const ends = ['resume', 'abort'] as const;
const moments = ['before', 'after'] as const;
const routers = ['gateway', 'service'] as const;

type End = (typeof ends)[number];
/** Told the write's name within this rollout: its label, and how many of the same there were. */
type Kill = (name: string, write: Write, when: 'before' | 'after') => boolean;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary killed at a write', lab => {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let proxy: Awaited<ReturnType<typeof ApiProxy>>;
  let images: readonly [v1: string, v2: string];
  let manifests: Record<string, string>;

  const urlOf = (router: string) =>
    router === 'gateway' ? `http://${lab.cluster.gateway}/` : `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const begin = (router: string, inputs: Record<string, string>) =>
    start(
      proxy.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        router,
        probes: `- url: ${urlOf(router)}\n  headers: {host: ${host}}\n  status: 200`,
        steps: '20,50,100',
        'step-duration': '2s',
        'probe-rate': '90',
        tolerance: '0.05',
        ...inputs,
      },
      manifests,
    );
  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  /** Image of the Deployment, and what is there besides. */
  const outside = async () => ({
    image: await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template.spec.containers[0].image}']),
    objects: await kubectl(['get', 'deployments,services', '-o', 'name']),
    backends: JSON.parse(await kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec.rules[0].backendRefs}'])),
  });
  const versions = async (router: string) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(urlOf(router), host)));
    return [...new Set(answers.map(({ body }) => JSON.parse(body).version as string))];
  };
  /** A dead run's lease is over in a second, instead of six. */
  const endLease = () =>
    kubectl(['patch', 'lease', 'slipway-hello', '--type=merge', '-p', '{"spec":{"leaseDurationSeconds":1}}']);
  /** Shares of the canary in the route, as they were written, in percent. */
  const shares = (writes: readonly Write[]) =>
    writes.flatMap(({ weights }) =>
      weights === undefined ? [] : [weights.length === 1 ? 0 : (100 * weights[1]!) / (weights[0]! + weights[1]!)],
    );

  /**
   * One rollout that is killed at a write, and what another run makes of it.
   *
   * @returns the write's name, or undefined when the rollout ended without it
   */
  async function round(router: string, kill: Kill, how: End): Promise<string | undefined> {
    const before = await outside();
    const [old, next] = before.image === images[0] ? images : ([images[1], images[0]] as const);
    const versionOf = (image: string) => (image === images[0] ? 'v1' : 'v2');
    const users = userTraffic(urlOf(router), host, 25);
    let killed: string | undefined;
    const writes: Write[] = [];
    const names: string[] = [];
    proxy.watch((write, index, when) => {
      const label = anyPod(write.label);
      if (when === 'after') writes.push(write);
      else names[index] = `${label} #${names.filter(name => name?.startsWith(`${label} #`)).length + 1}`;
      if (killed === undefined && kill(names[index]!, write, when)) {
        killed = names[index]!;
        running.signal('SIGKILL');
      }
      return killed === undefined ? 'pass' : 'cut';
    });
    const running = begin(router, { image: next });
    const done = await running.done;
    if (killed === undefined) good(done);
    else await endLease();
    proxy.watch((write, _, when) => {
      if (when === 'after') writes.push(write);
      return 'pass';
    });
    const left = await begin(router, { mode: 'status' }).done;
    good(left);
    // what was going back by itself before it was killed tells here why
    if (killed?.includes('rolling-back')) process.stderr.write(`  ${/Last rollout: .*/.exec(left.log)?.[0]}\n`);
    expect(['progressing', 'healthy', 'rolled-back']).toContain(left.outputs['state']);
    const finished = await begin(router, { mode: how, image: next }).done;
    good(finished);
    const wanted = { resume: 'healthy', abort: 'rolled-back' }[how];
    const unfinished = left.outputs['state'] === 'progressing';
    expect([killed, finished.outputs['state']]).toEqual([killed, unfinished ? wanted : 'unchanged']);

    const now = await outside();
    if (unfinished) expect(now.image).toBe(how === 'resume' ? next : old);
    expect({ ...now, image: '' }).toEqual({ ...before, image: '' });
    expect(await versions(router)).toEqual([versionOf(now.image)]);
    const status = await begin(router, { mode: 'status' }).done;
    expect(['healthy', 'rolled-back']).toContain(status.outputs['state']);
    expect(status.log).toContain(
      `Deployment/hello in proxy/${namespace}: ${now.image}; 2 of 2 pods are new, 2 available`,
    );
    expect((await users.stop()).failed).toEqual([]);
    const seen = shares(writes);
    const steps = [20, 50, 100, 0];
    // each share comes right after the one before it, once; whoever aborts goes to 0 at once
    if (how === 'resume' || !unfinished) expect(seen).toEqual(steps.slice(0, seen.length));
    else expect(seen).toEqual([...steps.slice(0, Math.max(0, seen.length - 1)), 0].slice(0, seen.length));
    return killed;
  }

  beforeAll(async () => {
    proxy = await apiProxy(lab.cluster.kubeconfig);
    const { v1, v2 } = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
    images = [v1, v2];
    const texts = await exampleManifests(nodePort, host);
    manifests = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.yaml`, text]));
    await fresh();
    good(await begin('gateway', { image: v1 }).done);
  }, 180_000);

  afterAll(async () => {
    await proxy.close();
    await end();
  });

  if (!campaign) {
    test.each<[string, End, Kill]>([
      [
        'the second weight, before it is written',
        'resume',
        (_, { weights }, when) => when === 'before' && weights?.[1] === 50,
      ],
      [
        'the workload’s new release, after it is written',
        'abort',
        (name, _, when) => when === 'after' && name === 'PATCH deployments/hello #1',
      ],
      [
        'the first of the canary’s objects, after it is deleted',
        'abort',
        (name, _, when) => when === 'after' && name === 'DELETE deployments/hello-canary #1',
      ],
    ])(
      '%s: %s',
      async (_, how, kill) => {
        expect(await round('gateway', kill, how)).toBeDefined();
      },
      120_000,
    );
    return;
  }

  test.each(routers.flatMap(router => ends.flatMap(how => moments.map(when => [router, when, how] as const))))(
    'router %s: %s each write of a whole rollout, then %s',
    async (router, when, how) => {
      const done = new Set<string>(); // two rollouts are not the same to a write: some come as time passes
      for (;;) {
        const killed = await round(router, (name, _, moment) => moment === when && !done.has(name), how);
        process.stderr.write(`  ${router}, ${when}, ${how}: ${killed ?? `all ${done.size} writes`}\n`);
        if (killed === undefined) return;
        done.add(killed);
      }
    },
    3_600_000,
  );
});

/** Pods have other names in each rollout. */
function anyPod(label: string): string {
  return label.replace(/(?<= pods\/.*)-[a-z0-9]+-[a-z0-9]{5}$/, '-…');
}
