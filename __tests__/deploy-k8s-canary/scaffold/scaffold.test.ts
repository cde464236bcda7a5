import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { renderManifests } from '../../../src/deploy-k8s-canary/scaffold/render.ts';
import { scaffoldManifests } from '../../../src/deploy-k8s-canary/scaffold/scaffold.ts';
import { readSettings } from '../../../src/deploy-k8s-canary/scaffold/settings.ts';

const entrances = [
  { expose: 'cluster-ip' },
  { expose: 'node-port', 'node-port': 30080 },
  { expose: 'load-balancer' },
  { expose: 'ingress', host: 'hello.example.com', 'ingress-class': 'traefik' },
  { expose: 'route', host: 'hello.example.com', gateway: 'infra/web' },
];

describe('manifests', () => {
  const render = (data: object) =>
    renderManifests(readSettings({ name: 'hello', ...data }), { image: undefined, memoryLimit: '128Mi' });

  test.each(entrances)('$expose: each line is explained, behind it or above it', settings => {
    const more = {
      metrics: ':9090/metrics',
      health: '/healthz',
      port: 80,
      'allow-from': 'a,10.0.0.0/8',
      'allow-to': 'b',
    };
    for (const files of [render(settings), render({ ...settings, ...more, replicas: 3 })])
      for (const [file, text] of Object.entries(files)) {
        const lines = text.trimEnd().split('\n');
        const bare = lines.filter(
          (line, index) => !/(^\s*|\s)# \S/.test(line) && !/^\s*# \S/.test(lines[index - 1] ?? ''),
        );
        expect([file, bare]).toEqual([file, []]);
      }
  });

  test('an autoscaler owns the replicas; a fixed number is the Deployment’s, and there is no autoscaler', () => {
    const scaled = render({ replicas: '3-9' });
    expect(parse(scaled['deployment.yaml']!).spec).not.toHaveProperty('replicas');
    expect(parse(scaled['hpa.yaml']!).spec).toMatchObject({ minReplicas: 3, maxReplicas: 9 });
    const fixed = render({ replicas: 3 });
    expect(parse(fixed['deployment.yaml']!).spec.replicas).toBe(3);
    expect(fixed).not.toHaveProperty('hpa.yaml');
  });

  test('GOMAXPROCS comes from the CPU limit, GOMEMLIMIT is 90 % of the memory limit', () => {
    const [container] = parse(render({ cpu: '250m-2', memory: '64Mi-128Mi' })['deployment.yaml']!).spec.template.spec
      .containers;
    expect(container.resources).toEqual({
      requests: { cpu: '250m', memory: '64Mi' },
      limits: { cpu: '2', memory: '128Mi' },
    });
    expect(container.env).toEqual([
      { name: 'GOMAXPROCS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1' } } },
      { name: 'GOMEMLIMIT', value: '115MiB' },
    ]);
  });

  test('users of a route come from its controller, those of a node port from anywhere; DNS goes out', () => {
    const policy = (data: object) => parse(render(data)['networkpolicy.yaml']!).spec;
    expect(policy(entrances[1]!).ingress[0]).toEqual({ ports: [{ port: 'http' }] });
    expect(policy({ ...entrances[4], 'allow-from': ['traefik', '10.0.0.0/8'] }).ingress[0].from).toEqual([
      { podSelector: {} },
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'traefik' } } },
      { ipBlock: { cidr: '10.0.0.0/8' } },
    ]);
    expect(policy({}).egress[0]).toEqual({
      ports: [
        { port: 53, protocol: 'UDP' },
        { port: 53, protocol: 'TCP' },
      ],
    });
  });
});

describe('what is wrong is said before anything is written, all at once', () => {
  const refusal = (data: object) => {
    try {
      readSettings(data);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    [{}, 'name is missing'],
    [{ name: 'Hello_World' }, 'name "Hello_World": no name of a Service'],
    [{ name: 'a'.repeat(55) }, 'at most 54 characters'],
    [{ name: 'hello', port: 70000 }, 'port "70000": no port'],
    [{ name: 'hello', expose: 'nodeport' }, 'expose "nodeport": none of cluster-ip'],
    [{ name: 'hello', expose: 'ingress' }, 'host is missing'],
    [{ name: 'hello', expose: 'route', host: 'a.example' }, 'gateway is missing'],
    [{ name: 'hello', expose: 'route', host: 'https://a.example/', gateway: 'web' }, 'no host name'],
    [{ name: 'hello', host: 'a.example' }, 'host is given, but expose is cluster-ip'],
    [{ name: 'hello', memory: '128' }, 'write the unit'],
    [{ name: 'hello', memory: '64Mb' }, '"64Mb" is no quantity'],
    [{ name: 'hello', cpu: '2-1' }, 'the request is above the limit'],
    [{ name: 'hello', replicas: '6-2' }, 'a range such as 2-6'],
    [{ name: 'hello', health: 'healthz' }, 'no path such as /healthz'],
    [{ name: 'hello', 'allow-from': '300.0.0.0/8' }, 'no DNS label'],
    [{ name: 'hello', replica: 2 }, 'replica is not known (did you mean "replicas"?)'],
  ])('%j', (data, said) => expect(refusal(data)).toContain(said));

  test('several', () => {
    const said = refusal({ port: 0, cpu: 'much', metrics: 'all' });
    for (const key of ['name is missing', 'port "0"', 'cpu "much"', 'metrics "all"']) expect(said).toContain(key);
  });
});

describe('in a folder', () => {
  let top: string;
  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'slipway-scaffold-'));
  });
  afterEach(() => rm(top, { recursive: true }));

  const scaffold = (data: object = {}, image?: string) =>
    scaffoldManifests(readSettings({ name: 'hello', ...data }), image, top);
  const read = (name: string) => readFile(join(top, 'deploy', name), 'utf8');
  const edit = async (name: string, from: string, to: string) => {
    const text = await read(name);
    expect(text).toContain(from);
    await writeFile(join(top, 'deploy', name), text.replace(from, to));
  };
  const whatOf = (written: Awaited<ReturnType<typeof scaffold>>) =>
    Object.fromEntries(written.map(({ file, what }) => [file.replace('deploy/', ''), what]));

  test('twice the same: nothing is written', async () => {
    await scaffold();
    const written = await scaffold();
    expect(new Set(written.map(({ what }) => what))).toEqual(new Set(['unchanged']));
  });

  test('a rerun keeps changed, added and removed fields, comments and documents, and brings what is new', async () => {
    await scaffold({}, 'registry.example/hello:v1');
    await edit('deployment.yaml', 'maxSurge: 1 # one new pod more than wanted', 'maxSurge: 3 # we have room');
    await edit(
      'deployment.yaml',
      '      enableServiceLinks: false # no variable for each Service of the namespace\n',
      '',
    );
    await edit(
      'deployment.yaml',
      '          env:\n',
      '          env:\n            # Ours.\n            - name: LOG_LEVEL\n              value: debug # until it is mended\n',
    );
    await edit('service.yaml', 'port: 80', 'port: 8000');
    await writeFile(
      join(top, 'deploy/service.yaml'),
      `${await read('service.yaml')}---\napiVersion: v1\nkind: Service\nmetadata: {name: other} # ours\n`,
    );
    const written = await scaffold({ health: '/healthz', metrics: ':9090/metrics', cpu: '50m-1' });
    expect(whatOf(written)).toMatchObject({ 'deployment.yaml': 'changed', 'service.yaml': 'unchanged' });
    const text = await read('deployment.yaml');
    expect(text).toContain('maxSurge: 3 # we have room');
    expect(text).toContain('# Ours.\n            - name: LOG_LEVEL\n              value: debug # until it is mended');
    const { spec } = parse(text).spec.template;
    expect(spec).not.toHaveProperty('enableServiceLinks');
    const [container] = spec.containers;
    expect(container.image).toBe('registry.example/hello:v1');
    expect(container.env.map(({ name }: { name: string }) => name)).toEqual(['LOG_LEVEL', 'GOMAXPROCS', 'GOMEMLIMIT']);
    expect(container.livenessProbe).toEqual({
      httpGet: { path: '/healthz', port: 'http' },
      periodSeconds: 10,
      timeoutSeconds: 2,
      failureThreshold: 3,
    });
    expect(container.ports).toEqual([
      { name: 'http', containerPort: 8080 },
      { name: 'metrics', containerPort: 9090 },
    ]);
    expect(container.resources.requests.cpu).toBe('50m');
    expect(await read('service.yaml')).toContain('port: 8000');
    expect(await read('service.yaml')).toContain('metadata: {name: other} # ours');
    expect(whatOf(await scaffold({ health: '/healthz', metrics: ':9090/metrics', cpu: '50m-1' }))).toMatchObject({
      'deployment.yaml': 'unchanged',
    });
  });

  test('where both changed the same field, the user’s stays and it is said', async () => {
    await scaffold();
    await edit('hpa.yaml', 'maxReplicas: 6', 'maxReplicas: 20');
    const written = await scaffold({ replicas: '2-8' });
    expect(parse(await read('hpa.yaml')).spec.maxReplicas).toBe(20);
    expect(written.flatMap(({ kept }) => kept)).toEqual(['spec.maxReplicas: 20, not 8']);
  });

  test('GOMEMLIMIT follows the memory limit that the user wrote, again and again', async () => {
    await scaffold();
    for (const [from, to, expected] of [
      ['memory: 128Mi', 'memory: 256Mi', '230MiB'],
      ['memory: 256Mi', 'memory: 512Mi', '460MiB'],
    ] as const) {
      await edit('deployment.yaml', from, to);
      await scaffold();
      const [container] = parse(await read('deployment.yaml')).spec.template.spec.containers;
      expect([container.resources.limits.memory, container.env[1].value]).toEqual([to.slice(8), expected]);
    }
  });

  test('another expose: files that are not needed any more go, those that were changed or deleted are left to the user', async () => {
    await scaffold(entrances[3]);
    await rm(join(top, 'deploy/poddisruptionbudget.yaml'));
    expect(whatOf(await scaffold(entrances[4]))).toMatchObject({
      'ingress.yaml': 'deleted',
      'httproute.yaml': 'written',
      'poddisruptionbudget.yaml': 'left out',
    });
    await edit('httproute.yaml', 'weight: 100', 'weight: 50');
    expect(whatOf(await scaffold())).toMatchObject({ 'httproute.yaml': 'kept' });
    expect((await readdir(join(top, 'deploy'))).sort()).toEqual([
      '.scaffold',
      'deployment.yaml',
      'hpa.yaml',
      'httproute.yaml',
      'networkpolicy.yaml',
      'service.yaml',
      'serviceaccount.yaml',
    ]);
  });

  test.each(['../elsewhere', '/etc/slipway-scaffold', 'link/deploy', 'a/../../elsewhere'])(
    'a path outside the working tree: %s',
    async directory => {
      await symlink(tmpdir(), join(top, 'link'));
      await expect(scaffold({ directory })).rejects.toMatchObject({ code: 'SCAFFOLD_OUTSIDE' });
      expect(await readdir(top)).toEqual(['link']);
    },
  );

  test('files of somebody else, links and broken YAML are refused, and nothing is written', async () => {
    await mkdir(join(top, 'deploy'));
    await writeFile(join(top, 'deploy/hpa.yaml'), 'kind: theirs\n');
    await expect(scaffold()).rejects.toMatchObject({
      code: 'FILE_EXISTS',
      message: expect.stringContaining('deploy/hpa.yaml'),
    });
    expect(await readdir(join(top, 'deploy'))).toEqual(['hpa.yaml']);
    await rm(join(top, 'deploy/hpa.yaml'));
    await scaffold();
    const before = await read('service.yaml');
    await edit('deployment.yaml', 'spec:\n', 'spec: [\n');
    await expect(scaffold({ expose: 'load-balancer' })).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(/deployment\.yaml: .* at line \d+/),
    });
    expect(await read('service.yaml')).toBe(before);
    await rm(join(top, 'deploy/deployment.yaml'));
    await symlink('/etc/hostname', join(top, 'deploy/deployment.yaml'));
    await expect(scaffold()).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });
});
