import { describe, expect, test } from '@jest/globals';
import { engineEnvironment } from '../../../src/build-multiarch-image/dockerfile/build.ts';
import * as buildah from '../../../src/build-multiarch-image/dockerfile/buildah.ts';
import * as buildx from '../../../src/build-multiarch-image/dockerfile/buildx.ts';
import { parseBuilder } from '../../../src/build-multiarch-image/dockerfile/inputs.ts';
import type { Job } from '../../../src/build-multiarch-image/dockerfile/job.ts';

const inputs: Job['inputs'] = {
  context: '.',
  file: 'Dockerfile',
  target: 'final',
  'build-args': { VERSION: 'v1 beta' },
  'build-contexts': { base: 'docker-image://ghcr.io/a/b' },
  secrets: { token: 'hunter2' },
  'secret-files': {},
  'secret-envs': {},
  'cache-from': ['type=registry,ref=ghcr.io/a/cache:main'],
  'cache-to': ['ghcr.io/a/cache'],
  'no-cache': true,
  pull: true,
  network: 'host',
  builder: undefined,
  'driver-opts': [],
};
const job: Job = {
  engine: { kind: 'buildx', program: ['buildx'] },
  inputs,
  context: '/w',
  file: '/w/Dockerfile',
  platforms: ['linux/amd64', 'linux/arm64'],
  labels: { team: 'a' },
  secrets: { flags: ['id=token,env=SLIPWAY_BUILD_SECRET_0'], env: { SLIPWAY_BUILD_SECRET_0: 'hunter2' } },
  seconds: 1_700_000_000,
  layout: '/tmp/out,1',
};

const common = [
  '--target',
  'final',
  '--build-arg',
  'VERSION=v1 beta',
  '--build-context',
  'base=docker-image://ghcr.io/a/b',
  '--label',
  'team=a',
];
const secret = ['--secret', 'id=token,env=SLIPWAY_BUILD_SECRET_0'];

describe('arguments', () => {
  test('of buildx', () => {
    expect(buildx.buildArguments(job, 'b')).toEqual([
      'build',
      ...['--builder', 'b', '--progress', 'plain', '--provenance=false', '--sbom=false'],
      ...['--output', 'type=oci,tar=false,"dest=/tmp/out,1",rewrite-timestamp=true'],
      ...['--platform', 'linux/amd64,linux/arm64', '--file', '/w/Dockerfile'],
      ...common,
      ...secret,
      ...['--cache-from', 'type=registry,ref=ghcr.io/a/cache:main', '--cache-to', 'ghcr.io/a/cache'],
      ...['--no-cache', '--pull', '--network', 'host', '--allow', 'network.host'],
      '/w',
    ]);
  });

  test('of buildah', () => {
    expect(buildah.buildArguments(job, 'localhost/x')).toEqual([
      'build',
      ...['--platform', 'linux/amd64,linux/arm64', '--manifest', 'localhost/x', '--format', 'oci'],
      ...['--timestamp', '1700000000', '--identity-label=false', '--file', '/w/Dockerfile'],
      ...common,
      ...secret,
      ...['--layers', '--cache-from', 'ghcr.io/a/cache', '--cache-to', 'ghcr.io/a/cache'],
      ...['--no-cache', '--pull-always', '--network', 'host'],
      '/w',
    ]);
  });

  test('no secret is among them', () => {
    for (const argv of [buildx.buildArguments(job, 'b'), buildah.buildArguments(job, 'x')])
      expect(argv.join(' ')).not.toContain('hunter2');
  });

  test.each<[string, string[], string[]]>([
    [
      'tcp://10.0.0.1:1234',
      ['cacert=ca.pem'],
      ['create', '--name', 'n', '--driver', 'remote', '--driver-opt', 'cacert=ca.pem', 'tcp://10.0.0.1:1234'],
    ],
    ['unix:///run/b.sock', [], ['create', '--name', 'n', '--driver', 'remote', 'unix:///run/b.sock']],
    [
      'kube-pod://bk-0?context=arn:aws:eks/ci&namespace=ci&container=buildkitd',
      [],
      [
        ...['create', '--name', 'n', '--driver', 'remote'],
        'kube-pod://bk-0?context=arn:aws:eks/ci&namespace=ci&container=buildkitd',
      ],
    ],
    [
      'kubernetes',
      ['namespace=ci', 'replicas=2'],
      [
        'create',
        '--name',
        'n',
        '--driver',
        'kubernetes',
        '--driver-opt',
        'namespace=ci',
        '--driver-opt',
        'replicas=2',
        '--buildkitd-flags',
        '--allow-insecure-entitlement network.host',
      ],
    ],
  ])('of a builder at %s', (text, options, argv) => {
    const builder = parseBuilder(text);
    if (builder.kind === 'named') throw new Error('it is an endpoint');
    expect(buildx.createArguments('n', builder, options)).toEqual(argv);
  });

  test('of a container of the local Docker', () => {
    expect(buildx.createArguments('n', undefined, [])).toContain('docker-container');
  });

  test.each([
    ...['tcp://host', 'unix://relative', 'https://host:1', 'ssh://host', 'a b', '-x'],
    ...['kube-pod://', 'kube-pod://Upper', 'kube-pod://a/b', 'kube-pod://a?pod=b', 'kube-pod://a?namespace=a b'],
    ...['kube-pod://a?namespace=A', 'kube-pod://a?container=a%20b'],
  ])('%j is no builder', text => {
    expect(() => parseBuilder(text)).toThrow(expect.objectContaining({ code: 'BUILDER_INVALID' }));
  });
});

test('the environment of an engine is the runner’s, without our inputs', () => {
  const env = engineEnvironment(
    { PATH: '/bin', INPUT_SECRETS: 'a=b', 'INPUT_REGISTRY-PASSWORD': 'c', ACTIONS_RUNTIME_TOKEN: 'd' },
    7,
  );
  expect(env).toMatchObject({ PATH: '/bin', ACTIONS_RUNTIME_TOKEN: 'd', SOURCE_DATE_EPOCH: '7' });
  expect(Object.keys(env).filter(name => name.startsWith('INPUT_'))).toEqual([]);
});

test('what buildx inspect tells, of several nodes', () => {
  const text = `Name:          many
Driver:        docker-container
Nodes:
Name:      many0
Platforms: linux/amd64*, linux/386
Name:      many1
Platforms: linux/arm64, linux/386
`;
  expect(buildx.parseInspect(text)).toEqual({
    name: 'many',
    driver: 'docker-container',
    platforms: ['linux/amd64', 'linux/386', 'linux/arm64'],
  });
});

describe('caches of buildah', () => {
  test.each([
    ['ghcr.io/a/cache', 'ghcr.io/a/cache'],
    ['type=registry,ref=localhost:5000/cache:main', 'localhost:5000/cache'],
    ['type=registry,mode=max,ref=ghcr.io/a/cache', 'ghcr.io/a/cache'],
  ])('%s', (text, repository) => expect(buildah.cacheRepository(text)).toBe(repository));

  test.each(['type=gha', 'type=local,src=x', 'cache'])('%s is none', text => {
    expect(() => buildah.cacheRepository(text)).toThrow();
  });

  test('an OCI layout is no build context of it', () => {
    const layout = { inputs: { ...inputs, 'build-contexts': { base: 'oci-layout://x' } } };
    expect(() => buildah.mustKnow(layout)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});
