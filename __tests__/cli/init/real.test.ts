import { describe, expect, test } from '@jest/globals';
import { survey } from '../../../src/cli/init/survey.ts';
import { example, fixture, judge } from './programs.ts';

const none = { hosts: [] };

describe('programs that others wrote', () => {
  test('whoami, to a host: port of a flag, health path, name; one line is left to edit', async () => {
    const found = await survey(fixture('whoami'));
    expect(found).toMatchObject({
      program: { package: '.', name: 'whoami', at: 'app.go:79' },
      port: { value: 80, at: 'app.go:62' },
      healthPath: { value: '/health', at: 'app.go:87' },
      dockerfile: { base: { value: 'scratch' }, runs: [] },
    });
    const { written, filled, schemaErrors, before, after } = await judge(found, { hosts: ['deploy@web1.example.com'] });
    expect(schemaErrors).toEqual([]);
    expect(written.todos.map(({ key }) => key)).toEqual(['known-hosts']);
    expect(before).toContain('known-hosts');
    expect([after, filled]).toEqual(['', expect.stringContaining('listen: 80 # app.go:62')]);
    expect(written.text).toContain('health-checks: http://127.0.0.1:80/health 200 within 1s # app.go:87, app.go:62');
    expect(written.notes).toEqual([expect.stringContaining('hosts need no image')]);
  });

  test('a gin program with nothing but its source', async () => {
    const found = await survey(fixture('gin'));
    expect(found).toMatchObject({
      program: { name: 'gin' },
      port: { value: 8080, at: expect.stringMatching(/^main\.go:\d+$/) },
      healthPath: { value: '/ping', at: expect.stringMatching(/^main\.go:\d+$/) },
    });
    const { written, schemaErrors, before, after } = await judge(found, none);
    expect([schemaErrors, after]).toEqual([[], '']);
    expect(written.todos.map(({ key }) => key)).toEqual(['hosts', 'known-hosts', 'checks']);
    // what it listens on is declared, so that nothing else is (slipway doctor)
    expect(written.text).toMatch(/^ +listen: 8080 # main\.go:\d+\n +health-checks: /m);
    expect(before).toMatch(/input "hosts" is missing \(\S*slipway\.yml:\d+\)/);
  });

  test('a module that only names a program as its tool, with manifests', async () => {
    const found = await survey(example('podinfo'));
    expect(found).toMatchObject({
      program: { package: 'github.com/stefanprodan/podinfo/cmd/podinfo', name: 'podinfo', at: 'go.mod:5' },
      port: { value: 9898, at: 'kubernetes/deployment.yaml:38' },
      healthPath: { value: '/readyz' },
    });
    const { written, schemaErrors, after } = await judge(found, none);
    expect([schemaErrors, after]).toEqual([[], '']);
    expect(written.todos.map(({ key }) => key)).toEqual(['images', 'probes', 'checks']);
  });
});

test('hello: an embedded configuration, routes, manifests and the HTTPRoute that shifts traffic', async () => {
  const found = await survey(example('hello'));
  const { written, schemaErrors, after } = await judge(found, { hosts: [], image: 'ghcr.io/acme/hello' });
  expect([schemaErrors, after, written.todos]).toEqual([[], '', []]);
  expect(written.text.split('\n')).toEqual(
    expect.arrayContaining([
      '  packages: . # main.go:22',
      '  ports: [8080] # default.json:2',
      '    workload: deployment/hello # kubernetes/deployment.yaml:4',
      '    router: gateway # kubernetes/httproute.yaml:2',
      '    probes: http://hello.test/readyz 200 within 1s # kubernetes/httproute.yaml:11',
    ]),
  );
});

test('hosts and a cluster together, with an address', async () => {
  const found = await survey(example('hello'));
  const { written, schemaErrors, after } = await judge(found, {
    hosts: ['deploy@web1', 'deploy@web2:2222'],
    knownHosts: { value: 'web1 ssh-ed25519 AAAA\nweb2 ssh-ed25519 AAAA', at: '~/.ssh/known_hosts' },
    image: 'ghcr.io/acme/hello',
    url: 'https://hello.acme.dev',
    namespace: 'shop',
    kubernetes: true,
  });
  expect(schemaErrors).toEqual([]);
  expect(after).toMatch(/known-hosts/); // AAAA is no key: what is given is looked at
  expect(written.todos).toEqual([]);
  expect(written.variables).toEqual(['KUBECONFIG_TEXT', 'SSH_PRIVATE_KEY']);
  expect(written.text).toContain('hosts: [deploy@web1, deploy@web2:2222]');
  expect(written.text).toContain('namespace: shop');
  expect(written.text).toContain('checks: https://hello.acme.dev/readyz 200 within 1s');
});

test('a gRPC service, and a worker that listens nowhere', async () => {
  const grpc = await judge(await survey(example('grpc')), { hosts: ['deploy@web1'] });
  expect([grpc.schemaErrors, grpc.after]).toEqual([[], '']);
  expect(grpc.written.text).toMatch(/health-checks: grpc 127\.0\.0\.1:9090 # main\.go:\d+/);
  expect(grpc.written.text).toContain('checks: grpc web1:9090');

  const worker = await judge(await survey(example('worker')), { hosts: ['deploy@web1'] });
  expect([worker.schemaErrors, worker.after]).toEqual([[], '']);
  expect(worker.written.todos.map(({ key }) => key)).toEqual(['known-hosts']);
  expect(worker.written.text).toContain('checks: unit worker.service on deploy@web1');
});

test('a program that tells systemd when it is ready', async () => {
  const { written } = await judge(await survey(example('hello')), { hosts: ['deploy@web1'] });
  expect(written.text).toMatch(/type: notify # \w+\.go:\d+/);
});

test('several programs: one is named, another can be taken, and one that is not there is said', async () => {
  const folder = fixture('whoami');
  await expect(survey(folder, 'whoamy')).rejects.toMatchObject({
    code: 'PROGRAM_MISSING',
    message: expect.stringContaining('did you mean "whoami"'),
  });
});

test('a folder without go.mod says where there are some', async () => {
  await expect(survey(fixture('.'))).rejects.toMatchObject({
    code: 'GO_MODULE_MISSING',
    hint: expect.stringContaining('gin, whoami'),
  });
});
