import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Deployed, deploy, fetchJson, leftovers, onHost, reach, startDeploy } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';
import { startLoad } from './load.ts';
import { type GuardedRegistry, guardRegistry, installPodman } from './podman-host.ts';
import { pushTinyImage, type TinyImage } from './tiny-image.ts';
import { verify } from './verify-health.ts';

jest.setTimeout(60_000);

const directory = '/opt/slipway/hello';
const password = 'pull-secret-8472';
const secret = 'variable-secret-5531';

await describeWith(['fresh:host85', 'go', 'registry'], 'deploy-ssh-systemd: containers by podman', lab => {
  const host = lab['fresh:host85'];
  let folder: string;
  let registry: GuardedRegistry;
  let inputs: Record<string, string>;
  let one: TinyImage;
  let two: TinyImage;
  let broken: TinyImage;
  let started: string;
  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  const named = ({ digest }: Pick<TinyImage, 'digest'>) => ({ image: `${registry.host}/container/hello@${digest}` });
  const run = (given: Record<string, string>) => deploy({ ...inputs, ...given });
  const states = (done: Deployed) => done.record?.deployments.map(({ state }) => state);
  const hex = ({ digest }: TinyImage) => digest.slice('sha256:'.length);
  const greeting = async () => (await fetchJson(`http://${host.address}:80/`)).body?.['greeting'];
  const inspect = (format: string) => onShell(`podman container inspect --format '${format}' slipway-hello`);
  const container = () => inspect('{{.Id}} {{.State.Pid}}');
  const images = () => onShell('podman images --all --quiet --no-trunc | sort -u | wc -l');

  beforeAll(async () => {
    registry = await guardRegistry(lab.registry, 'puller', password);
    await installPodman(host, registry.host);
    folder = await mkdtemp(join(tmpdir(), 'slipway-container-'));
    const program = await buildHello(lab.go, folder, 'v1.0.0');
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const push = (...env: string[]) => pushTinyImage(lab.registry.url, 'container/hello', program.path, arch, env);
    one = await push('HELLO_GREETING=one');
    two = await push('HELLO_GREETING=two');
    broken = await push('HELLO_START_CRASH=true');
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      runtime: 'container',
      'registry-username': 'puller',
      'registry-password': password,
      'insecure-registries': registry.host,
      type: 'notify',
      environment: 'HELLO_LISTEN=:80',
      'secret-environment': `TOKEN=${secret}`,
      credentials: 'pin=4711',
      'memory-max': '128MiB',
      'tasks-max': '40',
      listen: '80',
      'health-checks': 'http://127.0.0.1:80/readyz 200',
      'min-healthy-time': '300ms',
      'healthy-deadline': '15s',
      'keep-releases': '2',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await registry[Symbol.asyncDispose]();
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('the plan names the image and changes nothing', async () => {
    const done = await run({ ...named(one), mode: 'plan' });
    expect(done.log).toContain(`image ${named(one).image}, is pulled`);
    expect(done.log).toMatch(/unit \+ExecStart=\+\/bin\/sh -c .*--cap-drop=all/);
    expect(done.code).toBe(0);
    expect(await images()).toBe('0');
  });

  test('it is pulled by its digest and served, and what runs is that image', async () => {
    const done = await run(named(one));
    expect(done.log).not.toContain('::error');
    expect(states(done)).toEqual(['healthy']);
    expect(await greeting()).toBe('one');
    const [deployment] = done.record!.deployments;
    expect([deployment!.image, deployment!.evidence['runningSha256']]).toEqual([named(one).image, hex(one)]);
    expect(await inspect('{{.Image}}')).toBe(one.config.slice('sha256:'.length));
  });

  test('verify-health proves the same later, and sees that it is another one', async () => {
    const { record } = await run(named(one));
    const [deployment] = record!.deployments;
    const close = (image: string) =>
      verify(
        { 'private-key': inputs['private-key']!, 'known-hosts': inputs['known-hosts']!, deadline: '10s' },
        { ...record!, deployments: [{ ...deployment!, image, place: `root@${host.address}:22` }] },
      );
    const closed = await close(named(one).image);
    expect(closed.log).not.toContain('::error');
    expect(closed.report).toMatchObject({ verdict: 'verified', identity: 'proven' });
    expect((await close(named(two).image)).report).toMatchObject({ verdict: 'failed' });
  });

  test('it has no capability but for its port, a read-only root, the limits of its unit, and no user of others', async () => {
    const pid = await inspect('{{.State.Pid}}');
    const status = await onShell(`cat /proc/${pid}/status`);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    for (const set of ['Prm', 'Eff', 'Bnd', 'Inh', 'Amb'])
      expect(status).toMatch(new RegExp(`^Cap${set}:\t0*400$`, 'm'));
    const owner = await onShell('stat -Lc %u /var/lib/hello');
    expect(owner).not.toBe('0');
    expect(status).toMatch(new RegExp(`^Uid:\t${owner}\t${owner}\t`, 'm'));
    expect(
      await onShell(
        `grep ' / / ' /proc/${pid}/mountinfo || grep -E '^[0-9]+ [0-9]+ [^ ]+ [^ ]+ / ' /proc/${pid}/mountinfo`,
      ),
    ).toMatch(/ \/ ro\b/);
    expect(await onShell(`cat /proc/${pid}/cgroup`)).toContain('/system.slice/hello.service');
    expect(await onShell('systemctl show hello -p MemoryMax,TasksMax')).toBe('MemoryMax=134217728\nTasksMax=40');
    expect(
      await onShell(
        `cat /proc/${pid}/root/run/credentials/hello.service/pin; stat -c %u /proc/${pid}/root/run/credentials/hello.service/pin`,
      ),
    ).toBe(`4711${owner}`);
  });

  test('no secret is in an argument, the journal, or a file that others can read', async () => {
    expect(await onShell(`cat /proc/[0-9]*/cmdline | tr '\\0' ' '; journalctl --no-pager`)).not.toMatch(
      new RegExp(`${secret}|${password}`),
    );
    // on standard input: an argument of runuser is in the journal
    const found = (who: string, words: string[]) =>
      onShell(`printf '%s\\n' ${words.join(' ')} | ${who} grep -rlsF -f - /etc /run /var /opt /tmp || :`);
    expect(await found('runuser -u deploy --', [secret, password])).toBe('');
    // the password is not kept at all
    expect(await found('', [password])).toBe('');
  });

  test('the status names the image', async () => {
    expect((await run({ mode: 'status' })).log).toContain(`, image ${named(one).image}, active (running)`);
  });

  test('again, nothing changes', async () => {
    const before = await container();
    expect(states(await run(named(one)))).toEqual(['unchanged']);
    expect(await container()).toBe(before);
  });

  test('another image is switched to, and a rollback needs no registry', async () => {
    expect(states(await run(named(two)))).toEqual(['healthy']);
    expect(await greeting()).toBe('two');
    const back = await run({ mode: 'rollback', 'insecure-registries': 'false', 'registry-password': 'of another' });
    expect(states(back)).toEqual(['healthy']);
    expect(back.record!.deployments[0]!.image).toBe(named(one).image);
    expect(await greeting()).toBe('one');
  });

  test('a broken image is rolled back, and the former one serves', async () => {
    const done = await run(named(broken));
    expect(states(done)).toEqual(['rolled-back']);
    expect(done.log).toContain('exit code 3');
    expect(await greeting()).toBe('one');
    expect(await leftovers(host, directory)).toBe('');
  });

  describe('refused, and nothing is switched', () => {
    const refuses = async (given: Record<string, string>, words: RegExp) => {
      const before = await container();
      const done = await run(given);
      expect(done.log).toMatch(words);
      expect(done.code).toBe(1);
      expect(await container()).toBe(before);
      expect(await greeting()).toBe('one');
    };

    test('a digest that the registry does not have', () =>
      refuses(named({ digest: `sha256:${'0'.repeat(64)}` }), /reading .*@sha256:0{64}/));

    test('a rule of syslog, as it would find nothing of what the container writes', async () => {
      const words = await onShell(
        `journalctl --unit hello --output json --no-pager | sed -n 's/.*"SYSLOG_IDENTIFIER":"\\([^"]*\\)".*/\\1/p' | sort -u`,
      );
      expect([words, words.split('\n').includes('hello')]).toEqual([expect.stringContaining('slipway-hello'), false]);
      const logs = JSON.stringify({ syslog: { to: '/var/log/hello.log' } });
      await refuses({ ...named(two), logs }, /`syslog` in `logs` would find nothing/);
      await refuses(
        { ...named(two), logs: JSON.stringify({ rotate: { files: 'a.log', signal: 'SIGHUP' } }) },
        /"runtime" is container, which has no rotate in logs/,
      );
    });

    test('a tag', () => refuses({ image: `${registry.host}/container/hello:latest` }, /has no digest/));

    test('an image that the host cannot pull', async () => {
      const conf = join(host.root, 'etc/containers/registries.conf.d/lab.conf');
      const good = await readFile(conf, 'utf8');
      await onShell(`sed -i s/^insecure.*/blocked=true/ /etc/containers/registries.conf.d/lab.conf`);
      const fresh = await pushTinyImage(
        lab.registry.url,
        'container/hello',
        `${folder}/hello-v1.0.0`,
        process.arch === 'x64' ? 'amd64' : process.arch,
        ['X=never-pulled'],
      );
      await refuses(named(fresh), /the host cannot pull the image.*blocked.*IMAGE_REFUSED/);
      await onShell(`cat >/etc/containers/registries.conf.d/lab.conf <<'EOF'\n${good}EOF`);
    });
  });

  test('the runner is killed: the host goes back by itself', async () => {
    const running = await startDeploy({
      ...inputs,
      ...named(two),
      'min-healthy-time': '4s',
      'healthy-deadline': '5s',
    });
    await running.logged('switch done');
    running.child.kill('SIGKILL');
    await running.ended;
    const last = () => onShell(`tail -n 1 ${directory}/state/history`);
    await eventually(async () => expect(await last()).toContain(' reverted-timeout deploy '));
    expect(await greeting()).toBe('one');
    expect(await leftovers(host, directory)).toBe('');
  });

  test('images go with the last release that needs them', async () => {
    expect(states(await run({ ...named(one), environment: 'HELLO_LISTEN=:80\nHELLO_GREETING=three' }))).toEqual([
      'healthy',
    ]);
    expect(await greeting()).toBe('three');
    expect(await onShell(`cat ${directory}/releases/*/container-image | sort -u | wc -l`)).toBe(await images());
  });

  test('two instances behind nginx: a release under load fails no request; and back to one', async () => {
    await (await labModule('host')).install(host.name, ['nginx-light']);
    await onShell('rm -f /etc/nginx/modules-enabled/* /etc/nginx/sites-enabled/default; systemctl daemon-reload');
    const { listen: _, ...others } = inputs;
    const twice = (image: TinyImage) =>
      deploy({
        ...others,
        ...named(image),
        strategy: 'blue-green',
        ports: '8081, 8082',
        proxy: JSON.stringify({ names: 'hello.example.org', http: 8000 }),
        environment: 'HELLO_LISTEN=127.0.0.1:{port}',
        'health-checks': 'http://127.0.0.1:8081/readyz 200',
        'soak-time': '1s',
      });
    const served = async () => (await fetchJson(`http://${host.address}:8000/`)).body?.['greeting'];
    const running = () => onShell('podman ps --all --format {{.Names}}');
    await onShell('systemctl start nginx');
    expect(states(await twice(one))).toEqual(['healthy']);
    await eventually(async () => expect([await running(), await served()]).toEqual(['slipway-hello-blue', 'one']));
    const load = startLoad(`http://${host.address}:8000/`);
    expect(states(await twice(two))).toEqual(['healthy']);
    await eventually(async () => expect([await running(), await served()]).toEqual(['slipway-hello-green', 'two']));
    expect((await load.end()).failed).toEqual({});
    expect(states(await run(named(one)))).toEqual(['healthy']);
    await eventually(async () => expect([await running(), await greeting()]).toEqual(['slipway-hello', 'one']));
  }, 120_000);

  test('removed, nothing of it is left', async () => {
    started = await onShell('grep ^ExecStart= /etc/systemd/system/hello.service');
    expect(states(await run({ mode: 'remove' }))).toEqual(['removed']);
    expect([await images(), await onShell('podman ps --all --quiet')]).toEqual(['0', '']);
    expect((await fetchJson(`http://${host.address}:80/`)).error).toBe('ECONNREFUSED');
  });

  test('a unit that runs another image than its release does not pass', async () => {
    await onShell(`podman pull --quiet --creds puller:${password} ${named(two).image}`);
    const folder = '/etc/systemd/system/hello.service.d';
    await mkdir(join(host.root, folder));
    const other = started.replaceAll(hex(one), hex(two));
    await writeFile(join(host.root, folder, 'other.conf'), `[Service]\nExecStart=\n${other}\n`);
    const done = await run({ ...named(one), 'min-healthy-time': '100ms' });
    expect(done.log).toContain(`it runs another image, ${two.config.slice('sha256:'.length)}`);
    expect(states(done)).toEqual(['failed']);
    expect((await fetchJson(`http://${host.address}:80/`)).error).toBe('ECONNREFUSED');
  });
});
