import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { run } from '../../src/core/process.ts';
import { renderManifests } from '../../src/deploy-k8s-canary/scaffold/render.ts';
import { readSettings } from '../../src/deploy-k8s-canary/scaffold/settings.ts';
import { actionMain } from '../action-main.ts';
import { kept } from '../e2e/support.ts';
import { ownNamespace } from './canary-lab.ts';
import { get, start } from './deploy-k8s-canary.ts';
import { buildExample } from './hello.ts';
import { describeWith } from './lab.ts';
import { pushTinyImage } from './tiny-image.ts';

const namespace = 'slipway-test-scaffold';
const nodePort = 30501;
const host = 'scaffold.slipway.test';
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary, mode scaffold', lab => {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const images: Record<string, string> = {};
  let folder: string;

  const push = async (name: string, program: string, environment: string) => {
    const { repository, digest } = await pushTinyImage(lab.registry.url, 'test-k8s/scaffold', program, arch, [
      environment,
    ]);
    images[name] = `${repository}@${digest}`;
  };
  /** The action in a folder that stays, with the manifests that it has. */
  const act = async (directory: string, inputs: Record<string, string>) => {
    const given = { namespace, manifests: 'deploy/*.yaml', 'step-duration': '4s', 'probe-rate': '60', ...inputs };
    const done = await start(lab.cluster.kubeconfig, { ...given, 'working-directory': directory }, {}).done;
    expect([done.code, done.code === 0 ? '' : done.log]).toEqual([0, '']);
    return done;
  };
  const slipway = (directory: string, args: readonly string[]) =>
    run([process.execPath, actionMain('cli'), 'scaffold', '--json', ...args], {
      cwd: directory,
      timeout: 60_000,
    });
  /** A kubeconfig whose user has this Role and nothing else, by tokens of ten minutes that a credential plugin fetches. */
  const exactly = async (role: string): Promise<string> => {
    const { metadata } = parse(role);
    await kubectl(['apply', '-f', '-'], role);
    await kubectl(['create', 'serviceaccount', 'runner']);
    await kubectl([
      'create',
      'rolebinding',
      'runner',
      `--role=${metadata.name}`,
      `--serviceaccount=${namespace}:runner`,
    ]);
    const credential = ['create', 'token', 'runner', '-n', namespace, '--duration=10m', '-o', 'json'];
    const plugin = `const { status } = JSON.parse(require('child_process').execFileSync(${JSON.stringify(lab.cluster.kubectl)}, ${JSON.stringify(['--kubeconfig', lab.cluster.kubeconfig, ...credential])}));
      console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));`;
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
    const apiVersion = 'client.authentication.k8s.io/v1';
    const exec = { apiVersion, command: process.execPath, args: ['-e', plugin], interactiveMode: 'Never' };
    return JSON.stringify({ ...config, users: [{ ...config.users[0], user: { exec } }] });
  };
  const runningImages = async (name: string) =>
    (
      await kubectl([
        'get',
        'pods',
        '-l',
        `app.kubernetes.io/name=${name}`,
        '-o',
        'jsonpath={.items[*].spec.containers[*].image}',
      ])
    ).split(' ');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-scaffold-'));
    const whoami = join(folder, 'whoami-program');
    await run([lab.go, 'build', '-trimpath', '-buildvcs=false', '-o', whoami, '.'], {
      cwd: here('../cli/init/fixtures/whoami'),
      env: { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOFLAGS: '-mod=mod', GOMODCACHE: kept.goModules },
      timeout: 170_000,
    });
    const gin = await buildExample(lab.go, 'gin', folder, 'v1');
    for (const version of ['v1', 'v2']) {
      await push(`whoami ${version}`, whoami, `WHOAMI_NAME=${version}`);
      await push(`gin ${version}`, gin.path, `RELEASE=${version}`);
    }
    await fresh();
    const levels = ['enforce', 'warn'].map(level => `pod-security.kubernetes.io/${level}=restricted`);
    await kubectl(['label', 'namespace', namespace, ...levels]);
  }, 300_000);

  afterAll(async () => {
    await end();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    { expose: 'cluster-ip' },
    { expose: 'node-port', 'node-port': nodePort },
    { expose: 'load-balancer', replicas: 3, metrics: '/metrics' },
    { expose: 'ingress', host, 'ingress-class': 'traefik', health: '/healthz', port: 80 },
    {
      expose: 'route',
      host,
      gateway: 'web',
      metrics: ':9090/metrics',
      'allow-from': 'kube-system,10.0.0.0/8',
      'allow-to': 'db',
    },
  ])(
    '$expose: the API server takes all of it, without a warning of Pod Security "restricted"',
    async settings => {
      const files = renderManifests(readSettings({ name: 'dry', ...settings }), {
        image: undefined,
        memoryLimit: '128Mi',
      });
      const dryRun = ['apply', '--server-side', '--dry-run=server', '--warnings-as-errors', '-f', '-'];
      const said = await kubectl(dryRun, Object.values(files).join('---\n'));
      expect(said.split('\n')).toHaveLength(Object.keys(files).length);
      const template = parse(files['deployment.yaml']!).spec.template;
      const pod = (spec: object) =>
        JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'dry', namespace }, spec });
      await kubectl(
        ['create', '--dry-run=server', '-f', '-'],
        pod({ ...template.spec, serviceAccountName: 'default' }),
      );
      const without = { ...template.spec, serviceAccountName: 'default', securityContext: { runAsNonRoot: true } };
      await expect(kubectl(['create', '--dry-run=server', '-f', '-'], pod(without))).rejects.toThrow(/seccompProfile/);
    },
    60_000,
  );

  test('whoami behind a node port, at its own port 80: deployed, changed by hand, scaffolded again, and rolled by a canary with exactly the Role of the plan', async () => {
    const directory = await mkdtemp(join(folder, 'whoami-'));
    const options = ['--name', 'whoami', '--port', '80', '--expose', 'node-port', '--node-port', String(nodePort)];
    await slipway(directory, [...options, '--image', images['whoami v1']!]);
    await act(directory, { image: images['whoami v1']! });
    expect((await get(url)).body).toContain('Name: v1');

    const file = join(directory, 'deploy/deployment.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('memory: 128Mi # above it is killed', 'memory: 96Mi # measured'));
    await slipway(directory, [...options, '--health', '/health', '--replicas', '2-4']);
    expect(await readFile(file, 'utf8')).toContain('memory: 96Mi # measured');

    const inputs = { image: images['whoami v2']!, probes: `${url} 200`, steps: '0,50,100' };
    const planned = await act(directory, { ...inputs, mode: 'plan' });
    const role = planned.log.slice(planned.log.indexOf('apiVersion: rbac'), planned.log.indexOf('Nothing was changed'));
    const done = await act(directory, { ...inputs, kubeconfig: await exactly(role) });
    expect(done.outputs['state']).toBe('healthy');
    expect((await get(url)).body).toContain('Name: v2');
    const spec = JSON.parse(await kubectl(['get', 'deployment', 'whoami', '-o', 'json'])).spec.template.spec;
    expect(spec.containers[0]).toMatchObject({
      resources: { limits: { memory: '96Mi' } },
      livenessProbe: { httpGet: { path: '/health' } },
    });
    expect(spec.containers[0].env).toContainEqual({ name: 'GOMEMLIMIT', value: '86MiB' });
    expect(await kubectl(['get', 'hpa', 'whoami', '-o', 'jsonpath={.spec.maxReplicas}'])).toBe('4');
    const environment = JSON.parse((await get(`${url}api?env=true`)).body).environ;
    expect(environment).toMatchObject({ GOMAXPROCS: '1', GOMEMLIMIT: '86MiB' });
  }, 180_000);

  test('a Gin service by a route: scaffolded by the action, deployed and rolled by weights', async () => {
    const directory = await mkdtemp(join(folder, 'gin-'));
    const gateway = await readFile(here('../../examples/hello/kubernetes/gateway.yaml'), 'utf8');
    await kubectl(['apply', '-f', '-'], gateway);
    const settings = `{name: greeter, expose: route, host: ${host}, gateway: hello, health: /healthz, replicas: 2}`;
    const made = await act(directory, { mode: 'scaffold', scaffold: settings, image: images['gin v1']! });
    expect(made.outputs['changed']).toBe('true');
    expect(await readdir(join(directory, 'deploy'))).toContain('httproute.yaml');
    await act(directory, { image: images['gin v1']!, router: 'gateway' });
    const entrance = `http://${lab.cluster.gateway}/`;
    const probes = `- url: ${entrance}\n  headers: {host: ${host}}\n  status: 200`;
    const done = await act(directory, { image: images['gin v2']!, router: 'gateway', probes, steps: '0,50,100' });
    expect(done.outputs['state']).toBe('healthy');
    expect((await get(entrance, host)).body).toContain('Hello from Gin');
    const ready = await runningImages('greeter');
    expect(new Set(ready)).toContain(images['gin v2']!);
  }, 180_000);
});
