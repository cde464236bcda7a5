import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, get, type Running, start } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-config';
const nodePort = 30271;

/** What a pod answers tells its ConfigMap (environment) and its Secret (a file) apart. */
const config = (greeting: string, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello-config}\ndata: {HELLO_GREETING: ${greeting}${more}}\n`;
const secret = (content: object) =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: hello-secret}\nstringData: {hello.json: '${JSON.stringify(content)}'}\n`;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary versions ConfigMaps and Secrets', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let image: string;
  let manifests: Record<string, string>;

  const begin = (inputs: Record<string, string> = {}): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        image,
        probes: `${url} 200`,
        'step-duration': '5s',
        'probe-rate': '45',
        steps: '50,100',
        ...inputs,
      },
      manifests,
    );
  const act = (inputs: Record<string, string> = {}): Promise<Done> => begin(inputs).done;
  const good = async (inputs: Record<string, string> = {}) => {
    const done = await act(inputs);
    expect([done.code, done.code === 0 ? '' : done.log]).toEqual([0, '']);
    return done;
  };
  const greetings = async () =>
    new Set(await Promise.all(Array.from({ length: 20 }, async () => JSON.parse((await get(url)).body).greeting)));
  /** NAME-HASH of each copy that is there. */
  const copies = async () =>
    (
      await kubectl(['get', 'configmaps,secrets', '-l', 'slipway/workload=hello,slipway/track=config', '-o', 'name'])
    ).split('\n');
  const contentOf = async (name: string, path: string) => kubectl(['get', name, '-o', `jsonpath={${path}}`]);

  beforeAll(async () => {
    ({ image } = await pushExample(lab, { image: ['v1'] }));
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = {
      'deployment.yaml': deployment
        .replace(
          '          env:\n',
          '          envFrom: [{configMapRef: {name: hello-config}}]\n          volumeMounts: [{name: secret, mountPath: /secret}]\n          env:\n            - {name: HELLO_CONFIG, value: /secret/hello.json}\n',
        )
        .replace(
          '      containers:\n',
          '      volumes: [{name: secret, secret: {secretName: hello-secret}}]\n      containers:\n',
        ),
      'service.yaml': service,
      'config.yaml': config('one'),
      'secret.yaml': secret({ log_level: 'info' }),
    };
    await fresh();
    // as somebody who has not used this action yet
    await kubectl(
      ['apply', '--server-side', '--field-manager=slipway', '-f', '-'],
      [
        config('zero'),
        secret({}),
        manifests['deployment.yaml']!.replace('registry.example/hello:v1', image),
        service,
      ].join('\n---\n'),
    );
    await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=90s']);
  }, 180_000);

  afterAll(end);

  test('a plan shows what changes in a ConfigMap, of a Secret only that it changes, and writes nothing', async () => {
    manifests['secret.yaml'] = secret({ log_level: 'debug' });
    const { code, log, summary } = await act({ mode: 'plan' });
    expect(code).toBe(0);
    expect(log).toMatch(/create +ConfigMap\/hello-config-[0-9a-f]{10}, ConfigMap\/hello-config of this release/);
    expect(log).toContain('data.HELLO_GREETING: "zero" → "one"');
    expect(log).toContain('data["hello.json"]: changed (values of Secrets are not shown)');
    expect(log).not.toContain(Buffer.from('{"log_level":"debug"}').toString('base64'));
    expect(log).not.toContain('debug');
    expect(summary).toContain('data.HELLO_GREETING: "zero" → "one"');
    expect(await copies()).toEqual(['']);
    manifests['secret.yaml'] = secret({ log_level: 'info' });
  }, 30_000);

  test('what another manifest reads, too, is not changed under the pods that serve', async () => {
    const reader = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'other' },
      spec: {
        schedule: '0 0 1 1 *',
        suspend: true,
        jobTemplate: {
          spec: {
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [
                  { name: 'x', image: 'registry.example/x', envFrom: [{ configMapRef: { name: 'hello-config' } }] },
                ],
              },
            },
          },
        },
      },
    };
    manifests['other.yaml'] = JSON.stringify(reader);
    const { code, log } = await act();
    delete manifests['other.yaml'];
    expect([code, log.includes('[CONFIG_SHARED]')]).toEqual([1, true]);
    expect(log).toContain('ConfigMap/hello-config would be changed in place');
    expect(log).toContain('CronJob/other');
    expect(await kubectl(['get', 'cronjobs,leases', '-o', 'name'])).toBe('');
  }, 30_000);

  test('in the middle of a canary old pods read the old content, also one that starts again', async () => {
    manifests['config.yaml'] = config('new');
    const few = { 'probe-rate': '2', 'step-duration': '2s', 'on-inconclusive': 'hold' };
    expect((await act(few)).outputs['state']).toBe('inconclusive');
    const podsOf = async (selector: string) =>
      (await kubectl(['get', 'pods', '-l', selector, '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ');
    const greetingOf = async (pod: string) =>
      JSON.parse(await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/`])).greeting;
    const old = await podsOf('app=hello,slipway/track!=canary');
    await kubectl(['delete', 'pod', old[0]!]);
    await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=60s']);
    const pods = await podsOf('app=hello,slipway/track!=canary');
    expect(pods).not.toContain(old[0]);
    expect(await Promise.all(pods.map(greetingOf))).toEqual(pods.map(() => 'zero'));
    const canary = await podsOf('slipway/track=canary');
    expect(await Promise.all(canary.map(greetingOf))).toEqual(canary.map(() => 'new'));
    expect((await good({ mode: 'abort' })).outputs['state']).toBe('rolled-back');
    expect(await greetings()).toEqual(new Set(['zero']));
  }, 90_000);

  test('the rollback of a bad configuration leaves the old content, and no copy of the bad one', async () => {
    manifests['config.yaml'] = config('bad', ', HELLO_ERROR_RATE: "0.4"');
    const { code, log, outputs } = await act();
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    expect(log).toContain('[CANARY_WORSE]');
    expect(await greetings()).toEqual(new Set(['zero']));
    expect(await contentOf('configmap/hello-config', '.data.HELLO_GREETING')).toBe('zero');
    expect(await copies()).toEqual(['']);
  }, 60_000);

  test('a change of content alone is a release; `mode: rollback` brings the old content back to the pods', async () => {
    manifests['config.yaml'] = config('one');
    await good({ strategy: 'rolling' });
    expect(await greetings()).toEqual(new Set(['one']));
    const first = await copies();
    expect(first).toHaveLength(2);
    expect((await good()).outputs['state']).toBe('unchanged');
    manifests['config.yaml'] = config('two');
    await good();
    expect(await greetings()).toEqual(new Set(['two']));
    const back = await good({ mode: 'rollback' });
    expect(back.outputs['state']).toBe('rolled-back');
    expect(await greetings()).toEqual(new Set(['one']));
    const read = await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template}']);
    const copy = first.find(name => name.startsWith('configmap/'))!;
    expect(read).toContain(copy.split('/')[1]);
    expect(await contentOf(copy, '.data.HELLO_GREETING')).toBe('one');
  }, 180_000);

  test('copies that no release reads any more are deleted, those of the release before and of the history are kept', async () => {
    await kubectl(['patch', 'deployment', 'hello', '--type=merge', '-p', '{"spec":{"revisionHistoryLimit":0}}']);
    manifests['deployment.yaml'] = manifests['deployment.yaml']!.replace(
      'revisionHistoryLimit: 3',
      'revisionHistoryLimit: 0',
    );
    const before = await copies();
    for (const greeting of ['three', 'four']) {
      manifests['config.yaml'] = config(greeting);
      await good({ strategy: 'rolling' });
    }
    expect(await greetings()).toEqual(new Set(['four']));
    const now = await copies();
    const contents = await Promise.all(
      now.filter(name => name.startsWith('configmap/')).map(name => contentOf(name, '.data.HELLO_GREETING')),
    );
    expect(contents.sort()).toEqual(['four', 'three']);
    expect(before.some(name => !now.includes(name))).toBe(true);
    expect(await contentOf('configmap/hello-config', '.data.HELLO_GREETING')).toBe('zero');
  }, 120_000);

  test('without a manifest of the workload its template is pointed at the new copy', async () => {
    manifests['config.yaml'] = config('five');
    const { log } = await good({ manifests: 'config.yaml', strategy: 'rolling' });
    expect(log).toMatch(/applied ConfigMap\/hello-config-[0-9a-f]{10}/);
    expect(await greetings()).toEqual(new Set(['five']));
  }, 60_000);

  test('a rollback reads back that the old ConfigMap is there, and does not say that it went well where it is not', async () => {
    const read = await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template}']);
    const own = (await copies()).find(name => name.startsWith('configmap/') && read.includes(name.split('/')[1]!))!;
    const content = await kubectl(['get', own, '-o', 'json']);
    manifests['config.yaml'] = config('six');
    const few = { 'probe-rate': '2', 'step-duration': '1s', 'on-inconclusive': 'hold' };
    expect((await act(few)).outputs['state']).toBe('inconclusive');
    await kubectl(['delete', own]);
    const failed = await act({ mode: 'abort' });
    expect([failed.code, failed.log.includes('[NOT_RESTORED]')]).toEqual([1, true]);
    expect(failed.log).toContain(`${own.replace('configmap', 'ConfigMap')}, which the old pods read, is gone`);
    expect((await act({ mode: 'status' })).outputs['state']).toBe('progressing');
    const { metadata, ...rest } = JSON.parse(content);
    const { name, labels } = metadata;
    await kubectl(['apply', '-f', '-'], JSON.stringify({ ...rest, metadata: { name, labels } }));
    const { outputs, log } = await good({ mode: 'resume' }); // what is going back goes back
    expect(outputs['state']).toBe('rolled-back');
    expect(log).toMatch(
      /Read back: Service\/hello: 2 old and 0 new pods; .*ConfigMap\/hello-config-[0-9a-f]{10}.* in place/,
    );
    expect(await greetings()).toEqual(new Set(['five']));
  }, 90_000);
});
