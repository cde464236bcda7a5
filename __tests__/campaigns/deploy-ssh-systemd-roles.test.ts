import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { nginxFile, startBalancers } from '../integration/balancers.ts';
import { deploy, fetchJson, onHost, reach } from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, type LabHost, labModule } from '../integration/lab.ts';
import { startLoad } from '../integration/load.ts';

jest.setTimeout(60_000);

await describeWith(
  ['fresh:host30', 'fresh:host31', 'fresh:host32', 'fresh:host33', 'go', 'package:nginx-light', 'package:haproxy'],
  'deploy-ssh-systemd: roles and labels',
  lab => {
    const [web1, web2, worker, front] = [
      lab['fresh:host30'],
      lab['fresh:host31'],
      lab['fresh:host32'],
      lab['fresh:host33'],
    ];
    const all = [web1, web2, worker, front];
    let folder: string;
    let inputs: Record<string, string>;

    const listed = ({ address, user }: LabHost, role: string, region: string) => ({
      ...{ host: address, user, roles: role, labels: { region, 'build-host': 'no' } },
    });
    const greetingOf = async ({ address }: LabHost, port: number) =>
      (await fetchJson(`http://${address}:${port}/`)).body?.['greeting'];
    const greet = (greeting: string) => ({ environment: `HELLO_GREETING=${greeting}\nROUND=${greeting}` });
    const file = (name: string) => join(folder, name);
    const told = async (name: string) => (await readFile(file(name), 'utf8')).trim().split('\n');

    beforeAll(async () => {
      await startBalancers(front, [web1.address, web2.address]);
      folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
      const known = await Promise.all(all.map(host => readFile(host.knownHosts, 'utf8')));
      inputs = {
        ...(await reach(web1)),
        hosts: JSON.stringify([
          listed(web1, 'web', 'eu'),
          listed(web2, 'web', 'us'),
          listed(worker, 'worker', 'eu'),
          { host: front.address, user: front.user, roles: 'lb' },
        ]),
        'known-hosts': known.join('\n'),
        service: 'hello',
        binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
        type: 'notify',
        listen: '8080',
        'min-healthy-time': '300ms',
        'healthy-deadline': '5s',
        strategy: 'rolling',
        'load-balancer': JSON.stringify({ nginx: nginxFile, server: '{host}:8080' }),
        roles: `
worker:
  listen: 9090
  environment: {HELLO_LISTEN: ":9090", HELLO_GREETING: of the worker}
  memory-max: 300MiB
  load-balancer: none
`,
      };
      expect((await deploy({ ...inputs, ...greet('one') })).outputs['state']).toBe('healthy');
    }, 300_000);
    afterAll(async () => {
      await rm(folder, { recursive: true });
      const { down } = await labModule('host');
      for (const { name } of all) await down({ name, remove: true });
    }, 60_000);

    test('each role has its settings, hooks run where they are meant to, and the role lb is drained around the others', async () => {
      const line = 'echo $SLIPWAY_HOST $SLIPWAY_ROLES $SLIPWAY_LABEL_REGION $SLIPWAY_LABEL_BUILD_HOST $HELLO_GREETING';
      const hooks = {
        'before-deploy': { run: `${line} >/tmp/first`, on: 'first role=web' },
        'after-switch': [
          { run: `${line} >/tmp/each`, on: 'region=eu' },
          { run: `${line} >>${file('runner')}`, on: 'runner' },
        ],
        'after-deploy': { run: 'ls -d "$SLIPWAY_RELEASE_DIRECTORY" >/tmp/after', on: 'role=worker' },
      };
      const load = startLoad(`http://${front.address}:80/`);
      const done = await deploy({ ...inputs, ...greet('two'), hooks: JSON.stringify(hooks) });
      expect((await load.end()).failed).toEqual({});
      expect(done.log).not.toContain('::error');
      expect(done.record!.deployments.map(one => [one.place, one.state])).toEqual(
        [web1, web2, worker].map(host => [`deploy@${host.address}:22`, 'healthy']),
      );
      expect(await greetingOf(web1, 8080)).toBe('two');
      expect(await greetingOf(worker, 9090)).toBe('of the worker');
      expect(await onHost(worker, 'systemctl', 'show', '-p', 'MemoryMax', '--value', 'hello')).toBe(
        String(300 * 2 ** 20),
      );
      expect(await onHost(web1, 'systemctl', 'show', '-p', 'MemoryMax', '--value', 'hello')).toBe('infinity');
      expect(done.summary).toMatch(new RegExp(`${worker.address}:22\` \\| worker, region=eu, build-host=no \\|`));
      const there = (name: string) =>
        Promise.all([web1, web2, worker].map(host => onHost(host, 'sh', '-c', `cat /tmp/${name} 2>/dev/null || :`)));
      expect(await there('first')).toEqual([`${web1.address} web eu no two`, '', '']);
      expect(await there('each')).toEqual([
        `${web1.address} web eu no two`,
        '',
        `${worker.address} worker eu no of the worker`,
      ]);
      expect(await there('after')).toEqual(['', '', expect.stringContaining('/opt/slipway/hello/releases/')]);
      expect(await told('runner')).toHaveLength(3);
      expect(await onHost(front, 'ls', '/opt')).toBe('');
    });

    test('limit: only these hosts are looked at and changed', async () => {
      await (await labModule('host')).down({ name: web2.name });
      const done = await deploy({ ...inputs, ...greet('three'), limit: 'role=web, region=eu' });
      expect(done.log).not.toContain('::error');
      expect(done.record!.deployments.map(one => [one.place, one.state])).toEqual([
        [`deploy@${web1.address}:22`, 'healthy'],
      ]);
      expect([await greetingOf(web1, 8080), await greetingOf(worker, 9090)]).toEqual(['three', 'of the worker']);
      const status = await deploy({ ...inputs, mode: 'status', limit: worker.address, 'load-balancer': '' });
      expect(status.outputs['state']).toBe('healthy');
    });

    test.each([
      ['limit', 'role=wbe', 'input "limit": no host has the role "wbe" (did you mean "web"?)'],
      ['limit', 'regoin=eu', 'input "limit": no host has the label "regoin" (did you mean "region"?)'],
      ['roles', 'wroker: {listen: 1}', 'input "roles": no host has the role "wroker" (did you mean "worker"?)'],
      ['hooks', 'after-deploy: {run: "true", on: role=wokrer}', 'input "hooks": no host has the role "wokrer"'],
      ['load-balancer', '', 'input "load-balancer" is missing'],
    ])('%s: %j is refused before anything is connected', async (name, value, said) => {
      const done = await deploy({ ...inputs, ...greet('never'), [name]: value });
      expect(done.code).toBe(1);
      expect(done.log).toContain(said);
      expect(done.log).toContain('Nothing was changed');
      expect(done.record).toBeUndefined();
      expect(await greetingOf(web1, 8080)).toBe('three');
    });
  },
);
