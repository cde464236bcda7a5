import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildPrograms, freshRepository, runImage, temporary } from '../integration/build-multiarch-image.ts';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, start } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';
import { identity, issuer, startSigstore } from '../integration/sigstore.ts';
import { remember } from '../remembered.ts';

const namespace = 'slipway-test-preflight';
const nodePort = 30272;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary before the first write', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const apply = (object: object) => kubectl(['apply', '-f', '-'], JSON.stringify(object));
  let images: Record<string, string> = {};
  let manifests: Record<string, string>;

  const act = (inputs: Record<string, string>, files: Record<string, string> = {}): Promise<Done> =>
    start(
      inputs['kubeconfig-file'] ?? lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        image: images['v2']!,
        probes: `${url} 200`,
        'insecure-registries': new URL(lab.registry.url).host,
        ...inputs,
      },
      { ...manifests, ...files },
    ).done;
  const written = () =>
    kubectl([
      'get',
      'deployments,services,configmaps,secrets,leases,replicasets',
      '-o',
      'jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.generation},{.metadata.labels},{.data} {end}',
    ]);
  /** The error's code and what it must name; and nothing was written. */
  const refused = async (
    code: string,
    says: string,
    inputs: Record<string, string> = {},
    files: Record<string, string> = {},
  ) => {
    const before = await written();
    const done = await act(inputs, files);
    expect(done.log).toContain(`[${code}]`);
    expect(done.log).toContain(says);
    expect(done.code).toBe(1);
    expect(await written()).toBe(before);
    return done;
  };
  const plan = async (inputs: Record<string, string> = {}, files: Record<string, string> = {}) => {
    const before = await written();
    const done = await act({ mode: 'plan', ...inputs }, files);
    expect([done.code, done.code === 0 ? '' : done.log]).toEqual([0, '']);
    expect(await written()).toBe(before);
    return done;
  };
  /** The Deployment's manifest with one line put in before another. */
  const withLine = (before: string, line: string) => ({
    'deployment.yaml': manifests['deployment.yaml']!.replace(before, `${line}\n${before}`),
  });
  /** Makes objects for one test, and takes them away. */
  const beside = async <T>(objects: readonly object[], task: () => Promise<T>): Promise<T> => {
    for (const object of objects) await apply(object);
    try {
      return await task();
    } finally {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await kubectl(['delete', '--ignore-not-found', '--wait=true', '-f', '-'], JSON.stringify(list));
    }
  };
  const quota = (hard: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'tight', namespace },
    spec: { hard },
  });

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    const { code, log } = await act({ image: images['v1']!, probes: '' });
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  }, 180_000);

  afterAll(end);

  describe('manifests that the API server would refuse', () => {
    test('an unknown field is named with its path, at once and not after a minute of retries', async () => {
      const { took } = await refused(
        'FIELD_UNKNOWN',
        'there is no field spec.template.spec.containers[name="hello"].imagePulPolicy in apps/v1 Deployment',
        {},
        withLine('          ports:', '          imagePulPolicy: Always'),
      );
      expect(took).toBeLessThan(30_000);
    }, 60_000);

    test('a value of another type, and one out of range', async () => {
      const text = manifests['deployment.yaml']!;
      await refused(
        'FIELD_INVALID',
        'the field spec.replicas: expected numeric',
        {},
        {
          'deployment.yaml': text.replace('replicas: 2', 'replicas: two'),
        },
      );
      await refused(
        'FIELD_INVALID',
        'containerPort: Invalid value: 80800',
        {},
        {
          'deployment.yaml': text.replace('containerPort: 8080', 'containerPort: 80800'),
        },
      );
    }, 60_000);

    test('an immutable selector is explained', async () => {
      const text = manifests['deployment.yaml']!.replaceAll('app: hello', 'app: other');
      const { log } = await refused('IMMUTABLE_FIELD', 'spec.selector', {}, { 'deployment.yaml': text });
      expect(log).toContain('Deployment/hello: fields that cannot be changed');
    }, 30_000);

    test('all objects that are refused are named at once', async () => {
      const { log } = await refused(
        'FIELD_UNKNOWN',
        'ConfigMap/a: there is no field dat ',
        {},
        {
          'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndat: {x: y}',
          'b.yaml': 'apiVersion: absent.test/v1\nkind: Absent\nmetadata: {name: b}',
        },
      );
      expect(log).toContain('Absent/b: the cluster');
    }, 30_000);

    test('objects given twice', async () => {
      await refused(
        'MANIFEST_INVALID',
        'Service/hello is given twice',
        {},
        { 'again.yaml': manifests['service.yaml']! },
      );
    }, 30_000);

    test('a namespace that is not there', async () => {
      await refused('NAMESPACE_MISSING', 'the namespace slipway-absent does not exist', {
        namespace: 'slipway-absent',
      });
    }, 30_000);

    test('fields that another manager owns, with its name; nothing is taken from it', async () => {
      const { apiVersion, kind } = { apiVersion: 'v1', kind: 'Service' };
      const theirs = { apiVersion, kind, metadata: { name: 'hello' }, spec: { sessionAffinity: 'ClientIP' } };
      await kubectl(
        ['apply', '--server-side', '--force-conflicts', '--field-manager=their-tool', '-f', '-'],
        JSON.stringify(theirs),
      );
      const { log } = await refused(
        'APPLY_CONFLICT',
        'their-tool owns .spec.sessionAffinity',
        {},
        {
          'service.yaml': manifests['service.yaml']!.replace(
            '  type: NodePort',
            '  type: NodePort\n  sessionAffinity: None',
          ),
        },
      );
      expect(log).toContain('Service/hello cannot be applied');
      await kubectl(
        ['apply', '--server-side', '--field-manager=their-tool', '-f', '-'],
        JSON.stringify({ apiVersion, kind, metadata: { name: 'hello' } }),
      );
    }, 30_000);
  });

  test('strategy: auto says in the plan what is known, and takes fewer steps where the past was good', async () => {
    await using folder = await temporary();
    const past = join(folder.path, 'records');
    const nothing = await plan({ strategy: 'auto' });
    expect(nothing.log).toMatch(/risk 75 points, high .*: strategy canary, steps 0, 10, 25, 50, 100/);
    expect(nothing.log).toMatch(/::warning::strategy: auto: no "history" says/);
    for (let times = 0; times < 10; times++)
      await remember(past, { state: 'healthy', commit: undefined, service: 'Deployment/hello' });
    const known = await plan({ strategy: 'auto', history: JSON.stringify({ folder: past }) });
    expect(known.log).toMatch(/risk 55 points, medium .*: strategy canary, steps 0, 25, 100/);
    expect(known.log).toMatch(/0 {2}failed or taken back of the last ten deployments: 0/);
    expect(known.summary).toContain('### Risk: 55 points, medium');
    expect(known.log).toMatch(/25 %/);
  }, 60_000);

  describe('what is no Deployment', () => {
    const db = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace },
      spec: {
        replicas: 0,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: {
          metadata: { labels: { app: 'db' } },
          spec: { containers: [{ name: 'db', image: 'registry.example/db' }] },
        },
      },
    };
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate', namespace },
      spec: { suspend: true, template: { spec: { ...db.spec.template.spec, restartPolicy: 'Never' } } },
    };

    test('named by its kind, the only one in the manifests, or in the namespace: it is said why not', async () => {
      const says = 'Job/migrate is not rolled out: it runs to its end and serves nobody';
      await refused('INPUT_INVALID', says, { workload: 'job/migrate' });
      const only = { 'deployment.yaml': JSON.stringify(job), 'service.yaml': '' };
      await refused('WORKLOAD_KIND', says, { workload: '' }, only);
      await beside([job, db], async () => {
        await refused('WORKLOAD_KIND', says, { workload: 'migrate', manifests: '' });
        const other = 'Deployment/db is not there, but StatefulSet/db is';
        await refused('WORKLOAD_KIND', other, { workload: 'db', manifests: '' });
      });
    }, 60_000);
  });

  describe('Services that would lead nowhere', () => {
    test('somebody else’s that would select new pods before users are to reach them', async () => {
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'theirs', namespace },
        spec: { selector: { app: 'hello-canary' }, ports: [{ port: 80 }] },
      };
      await beside([service], async () => {
        await refused('FOREIGN_SERVICE', 'Service/theirs would select pods that a rollout of Deployment/hello makes');
      });
    }, 30_000);

    test('a selector that matches nothing', async () => {
      await refused(
        'SELECTOR_EMPTY',
        'Service/lost selects app=helo',
        {},
        {
          'lost.yaml':
            'apiVersion: v1\nkind: Service\nmetadata: {name: lost}\nspec: {selector: {app: helo}, ports: [{port: 80}]}',
        },
      );
    }, 30_000);

    test('new pods that the Service would not select any more', async () => {
      const service = manifests['service.yaml']!.replace(
        '  selector:\n    app: hello',
        '  selector:\n    app: hello\n    tier: web',
      );
      await refused('SELECTOR_LOST', 'Service/hello leads to Deployment/hello now', {}, { 'service.yaml': service });
    }, 30_000);
  });

  describe('room for the pods', () => {
    test('a quota without room for the extra pods', async () => {
      await beside([quota({ pods: '3' })], async () => {
        await kubectl(['wait', 'resourcequota/tight', '--for=jsonpath={.status.used.pods}=2', '--timeout=30s']);
        const { log } = await refused('QUOTA_EXCEEDED', 'ResourceQuota/tight: pods has 2 of 3 in use', {
          steps: '50,100',
        });
        expect(log).toContain('the rollout needs 3 more pods at its busiest moment');
        expect((await plan({ strategy: 'rolling' })).log).toContain('1 more pods at the busiest moment');
      });
    }, 60_000);

    test('a quota of memory counts what a LimitRange gives', async () => {
      const range = {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'defaults', namespace },
        spec: { limits: [{ type: 'Container', default: { cpu: '500m' }, max: { memory: '128Mi' } }] },
      };
      await beside([range, quota({ 'limits.cpu': '1' })], async () => {
        const { log } = await refused('QUOTA_EXCEEDED', 'limits.cpu has', { steps: '50,100' });
        expect(log).toContain('1500m more are needed');
        const big = manifests['deployment.yaml']!.replace('memory: 64Mi', 'memory: 256Mi');
        await refused('LIMIT_RANGE', 'LimitRange/defaults allows 128Mi at most', {}, { 'deployment.yaml': big });
      });
    }, 60_000);
  });

  describe('who else has a say', () => {
    const scaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'hello', namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello' },
        minReplicas: 2,
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
    };
    const replicas = () => kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}']);
    const owners = async () => {
      const { metadata } = JSON.parse(
        await kubectl(['get', 'deployment', 'hello', '-o', 'json', '--show-managed-fields']),
      );
      return metadata.managedFields
        .filter((one: { fieldsV1: Record<string, object> }) => 'f:replicas' in (one.fieldsV1['f:spec'] ?? {}))
        .map((one: { manager: string }) => one.manager);
    };

    test('replicas that an autoscaler owns are neither applied nor dropped', async () => {
      const budget = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'hello', namespace },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'hello' } } },
      };
      await beside([scaler, budget], async () => {
        expect(await owners()).toEqual(['slipway']);
        const planned = await plan({ strategy: 'rolling' });
        expect(planned.log).toContain('HorizontalPodAutoscaler/hello owns the replicas');
        expect(planned.log).toContain('PodDisruptionBudget/hello guards the pods');
        expect(planned.log).not.toContain('spec.replicas:');
        const done = await act({ strategy: 'rolling', probes: '' });
        expect([done.code, done.code === 0 ? '' : done.log]).toEqual([0, '']);
        expect([await replicas(), await owners()]).toEqual(['2', ['slipway-replicas']]);
        await kubectl(['scale', 'deployment', 'hello', '--replicas=3']);
        const again = await act({ strategy: 'rolling', probes: '', image: images['v1']! });
        expect([again.code, again.code === 0 ? '' : again.log]).toEqual([0, '']);
        expect(await replicas()).toBe('3');
      });
    }, 120_000);

    test('replicas that the manifest no longer names stay as they are', async () => {
      await kubectl(['scale', 'deployment', 'hello', '--replicas=2']);
      const without = { 'deployment.yaml': manifests['deployment.yaml']!.replace('  replicas: 2\n', '') };
      const taken = await act({ strategy: 'rolling', probes: '', image: images['v2']! }, without);
      expect([taken.code, taken.code === 0 ? '' : taken.log]).toEqual([0, '']);
      expect(await replicas()).toBe('2');
    }, 60_000);
  });

  describe('the image in its registry', () => {
    const pair = () => {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      return {
        open: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    };

    test('one that it has not got is an error', async () => {
      const image = images['v2']!.replace(/@.*/, `@sha256:${'0'.repeat(64)}`);
      await refused('IMAGE_NOT_FOUND', `the registry has no ${image}`, { image });
    }, 30_000);

    test('one that cannot be seen from here is a warning: the nodes may see it', async () => {
      const { log } = await plan({ 'insecure-registries': 'elsewhere.test', image: images['v1']! });
      expect(log).toMatch(/::warning::Whether .*hello@sha256:.* exists cannot be seen from this runner/);
    }, 30_000);

    test('one that must be attested: not at all, by another key, by a tag, and by the key', async () => {
      const [ours, other] = [pair(), pair()];
      const folder = await temporary();
      try {
        const { file } = await buildPrograms(folder.path, lab.go, [
          `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
        ]);
        const { host } = new URL(lab.registry.url);
        const signed = await runImage(folder.path, {
          release: file,
          images: freshRepository(host),
          insecure: host,
          sign: 'key',
          'signing-key': ours.secret,
        });
        expect([signed.code, signed.code === 0 ? '' : signed.log]).toEqual([0, '']);
        const image = signed.outputs['image']!;
        const by = (key: string) => ({ 'require-attestation': key });
        const code = 'ATTESTATION_MISSING';
        await refused(code, 'no Sigstore bundle is attached to it', by(ours.open));
        await refused(code, 'another key signed it', { image, ...by(other.open) });
        await refused(code, 'is no image by digest', { image: image.replace(/@.*/, ':latest'), ...by(ours.open) });
        const { log } = await plan({ image, ...by(ours.open) });
        expect(log).toMatch(/the image is attested: \S+ by key /);
      } finally {
        await folder[Symbol.asyncDispose]();
      }
    }, 120_000);

    test('one that must be attested by an identity: by another one, of another type, without saying whose, and by the right one', async () => {
      const folder = await temporary();
      await using sigstore = await startSigstore(folder.path);
      try {
        const { file } = await buildPrograms(folder.path, lab.go, ['linux/amd64']);
        const { host } = new URL(lab.registry.url);
        const signed = await runImage(
          folder.path,
          {
            release: file,
            images: freshRepository(host),
            insecure: host,
            provenance: 'true',
            sign: 'keyless',
            'fulcio-url': sigstore.url,
            'rekor-url': sigstore.url,
          },
          { env: sigstore.env },
        );
        expect([signed.code, signed.code === 0 ? '' : signed.log]).toEqual([0, '']);
        const image = signed.outputs['image']!;
        const keyless = {
          image,
          'require-attestation': 'keyless',
          'trusted-root': await sigstore.trustedRoot('root.json'),
          'predicate-type': 'provenance',
        };
        const who = { 'certificate-identity': identity, 'certificate-oidc-issuer': issuer };
        const code = 'ATTESTATION_MISSING';
        const other = `${identity} signed it, not a workflow of https://github.com/acme/other`;
        await refused(code, other, { ...keyless, 'source-repository': 'acme/other' });
        await refused(code, 'v1, no sbom', { ...keyless, ...who, 'predicate-type': 'sbom' });
        await refused('INPUT_INVALID', 'nothing says whose identity counts', keyless);
        await refused(code, 'no Sigstore bundle is attached', { ...keyless, ...who, image: images['v1']! });
        const { log } = await plan({ ...keyless, ...who });
        expect(log).toContain(
          `the image is attested: https://slsa.dev/provenance/v1 by ${identity} (issuer ${issuer})`,
        );
      } finally {
        await folder[Symbol.asyncDispose]();
      }
    }, 120_000);
  });

  test('a plan shows fields before and after, the steps with their pods, and the budget; in the summary, too', async () => {
    const files = withLine('            - name: HELLO_DRAIN_DELAY', '            - {name: HELLO_GREETING, value: hi}');
    const text = files['deployment.yaml'].replace('memory: 64Mi', 'memory: 96Mi');
    const { log, summary } = await plan({ steps: '50,100', image: images['v1']! }, { 'deployment.yaml': text });
    for (const line of [
      `spec.template.spec.containers[hello].image: "${images['v2']}" → "${images['v1']}"`,
      'spec.template.spec.containers[hello].resources.limits.memory: "64Mi" → "96Mi"',
      'spec.template.spec.containers[hello].env[HELLO_GREETING]: none → {"name":"HELLO_GREETING","value":"hi"}',
      'unchanged Service/hello',
      '50 %     2 of 4 pods, 50.0 %; 2 pods of the new release, watched for 30s',
      'Promotion needs 447 requests to the new release without an error',
      '3 more pods at the busiest moment',
    ]) {
      expect(log).toContain(line);
      expect(summary).toContain(line);
    }
  }, 30_000);

  test('what `kubectl kustomize` prints: its patches, and a ConfigMap of its generator, which is versioned with the release', async () => {
    await using folder = await temporary();
    const kustomization = {
      resources: Object.keys(manifests),
      configMapGenerator: [{ name: 'settings', literals: ['HELLO_GREETING=hi'] }],
      patches: [
        {
          target: { kind: 'Deployment' },
          patch: JSON.stringify([
            {
              op: 'add',
              path: '/spec/template/spec/containers/0/envFrom',
              value: [{ configMapRef: { name: 'settings' } }],
            },
          ]),
        },
      ],
    };
    const files = { ...manifests, 'kustomization.yaml': JSON.stringify(kustomization) };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
    const printed = await kubectl(['kustomize', folder.path]);
    const { log } = await plan({ manifests: 'printed.yml' }, { 'printed.yml': printed });
    expect(log).toMatch(/create {4}ConfigMap\/(settings-\w+)-\w+, ConfigMap\/\1 of this release/);
    expect(log).toMatch(/containers\[hello\]\.envFrom: none → .*"settings-\w+-\w+"/);
  }, 30_000);

  test('probes and limits that are missing are warned of, once', async () => {
    const text = manifests['deployment.yaml']!.replace(/ {10}readinessProbe:[\s\S]*?failureThreshold: 2\n/, '').replace(
      '            limits:\n              memory: 64Mi\n',
      '',
    );
    const { log } = await plan({}, { 'deployment.yaml': text });
    expect(log.match(/::warning::/g)).toHaveLength(1);
    expect(log).toContain('container hello has no readinessProbe');
    expect(log).toContain('container hello has no memory limit');
    expect((await plan({ image: images['v1']! })).log).not.toContain('::warning::');
  }, 60_000);

  test('what the manifests need and the user may not do is named: verb and resource', async () => {
    const name = 'few';
    const rule = (group: string, resources: string[], verbs: string[]) => ({ apiGroups: [group], resources, verbs });
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name, namespace } };
    await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
    await apply({
      ...role,
      kind: 'Role',
      rules: [
        rule('apps', ['deployments'], ['get', 'list', 'watch', 'patch', 'create', 'delete']),
        rule('apps', ['replicasets'], ['list']),
        rule('', ['pods', 'services'], ['list', 'get', 'patch']),
        rule('', ['configmaps'], ['get', 'create', 'patch']),
        rule('coordination.k8s.io', ['leases'], ['get', 'create', 'update']),
        rule('discovery.k8s.io', ['endpointslices'], ['list']),
        rule('batch', ['cronjobs'], ['get', 'patch']),
      ],
    });
    await apply({
      ...role,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
    config.users[0].user = { token: await kubectl(['create', 'token', name]) };
    const kubeconfig = JSON.stringify(config);
    const job = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'night' },
      spec: {
        schedule: '0 0 * * *',
        jobTemplate: {
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'registry.example/x' }] } },
          },
        },
      },
    };
    const { log } = await refused(
      'PERMISSION_MISSING',
      'create cronjobs.batch',
      { kubeconfig },
      {
        'job.yaml': JSON.stringify(job),
        'secrets.yaml':
          'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}',
      },
    );
    expect(log).toContain('get secrets');
    expect(log.match(/get secrets/g)!.length).toBeLessThanOrEqual(2); // the error, and its stack in the debug line
    const { log: seen } = await plan({ kubeconfig, image: images['v1']! });
    expect(seen).toContain(
      'horizontalpodautoscalers, limitranges, poddisruptionbudgets, resourcequotas may not be listed',
    );
  }, 60_000);
});
