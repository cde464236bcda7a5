import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { deploy, fetchJson, leftovers, onHost, reach, startDeploy } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildExample, buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';
import { verify } from './verify-health.ts';

const directory = '/volume1/slipway/hello';
const script = '/usr/local/etc/rc.d/hello.sh';
const live = '/run/slipway-hello';
const entries = '/usr/local/etc/nginx/conf.d';
const entry = `${entries}/http.slipway-hello.conf`;
/** What of DSM's own matters here: which files it reads, and that it answers for all other names. */
const nginxOfDsm = `user http; pid /run/nginx.pid; events {}
http {
  include conf.d/http.*.conf;
  server { listen 80 default_server; server_name _; return 200 dsm; }
}
`;
const greeting = `it's "quoted" $HOME \`id\` \\n 100%`;

jest.setTimeout(60_000);

await describeWith(['fresh:host51', 'fresh:host52', 'go'], 'deploy-ssh-systemd: layout dsm', lab => {
  const host = lab['fresh:host51'];
  const server = lab['fresh:host52'];
  const url = `http://${host.address}:8080`;
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;
  let jobs: Record<string, string>;

  const sh = (text: string) => onHost(host, 'sh', '-c', text);
  const pid = () => sh(`sed -n s/^MainPID=//p ${live}/unit`);
  const serves = async (binary: { sha256: string }, version: string) => {
    await eventually(async () => expect((await fetchJson(`${url}/version`)).body).toMatchObject({ version }));
    // it may answer before the watchdog has written down its number
    await eventually(async () =>
      expect(await sh(`sha256sum </proc/$(sed -n s/^MainPID=//p ${live}/unit)/exe`)).toMatch(binary.sha256),
    );
    expect(await leftovers(host, directory)).toBe('');
  };
  const proxy = (given: Record<string, unknown> = {}) => JSON.stringify({ names: 'hello.example.org', ...given });
  /** With another shell: DSM 7 has bash, older ones ash. */
  const useBash = () => sh('ln -sf /bin/bash /bin/sh');
  const reboot = async () => (await labModule('host')).restart(host.name);

  beforeAll(async () => {
    const { install } = await labModule('host');
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    [v1, v2] = [await buildHello(lab.go, folder, 'v1.0.0'), await buildHello(lab.go, folder, 'v2.0.0')];
    await install(host.name, ['cron', 'nginx-light'], { unpack: true });
    await sh('cron </dev/null >/dev/null 2>&1');
    await writeFile(join(host.root, 'etc/nginx/nginx.conf'), nginxOfDsm);
    await sh(
      `rm -r /etc/nginx/conf.d /etc/nginx/sites-enabled && mkdir -p ${entries} && ln -s ${entries} /etc/nginx/conf.d; nginx </dev/null >/dev/null 2>&1`,
    );
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      layout: 'dsm',
      'become-password': host.password!,
      'run-as': 'http',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      'min-healthy-time': '300ms',
      'healthy-deadline': '15s',
      environment: `HELLO_GREETING=${greeting}`,
    };
    const { listen: _, 'health-checks': __, ...others } = inputs;
    jobs = {
      ...others,
      service: 'worker',
      binary: (await buildExample(lab.go, 'worker', folder, 'v1.0.0')).path,
      timer: '{calendar: "*:*", timeout: 30s, run: once}',
      environment: 'WORKER_TAKES=100ms',
      'min-healthy-time': '0s',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    const { down } = await labModule('host');
    for (const { name } of [host, server]) await down({ name, remove: true });
  });

  test('what needs systemd is refused before the host is asked, all at once', async () => {
    const beyond = { 'run-as': 'dynamic', type: 'notify', after: 'x.service', proxy: proxy({ tls: { certbot: {} } }) };
    const done = await deploy({ ...inputs, ...beyond, binary: v1.path });
    expect(done.code).toBe(1);
    expect(done.log).toMatch(
      /`layout: dsm` has no systemd.*`run-as: dynamic`.*`type: notify`.*`certbot` in `proxy`.*`after`/,
    );
  });

  test.each([
    ['an unknown model', 'synology_pdp11_70', 'MODEL_UNKNOWN', /its platform is "pdp11"/],
    [
      'a model of another processor',
      'synology_88f6281_212j',
      'MODEL_CONTRADICTED',
      /linux\/arm\/v5, and `uname -m` says/,
    ],
  ])('%s: a clear error, nothing is changed', async (_, unique, code, words) => {
    const file = '/etc.defaults/synoinfo.conf';
    await sh(`cp ${file} /tmp/kept; sed -i 's/^unique=.*/unique="${unique}"/' ${file}`);
    const done = await deploy({ ...inputs, binary: v1.path });
    await sh(`mv /tmp/kept ${file}`);
    expect(done.code).toBe(1);
    expect(done.log).toContain(code);
    expect(done.log).toMatch(words);
    expect(await sh('ls /volume1 /usr/local/etc/rc.d')).not.toContain('hello');
  });

  test.each([
    ['seconds', '{calendar: "*:*:30"}', /cannot be a line of crontab/],
    ['a missed run', '{calendar: daily, missed: run}', /`missed: run` in `timer`/],
  ])('a job with %s: cron cannot', async (_, timer, words) =>
    expect((await deploy({ ...jobs, timer })).log).toMatch(words),
  );

  const runs = () => sh('grep -c done /volume1/slipway/worker/log/worker.log');

  test('a job: lines of crontab; its run is its gate; cron starts the next one', async () => {
    await sh(`printf '7\t7\t*\t*\t7\troot\techo mine\n' >>/etc/crontab`);
    const failed = await deploy({ ...jobs, environment: 'WORKER_TAKES=nonsense' });
    expect(failed.log).toMatch(/its run failed: exit code/);
    expect(await sh('cat /etc/crontab')).not.toContain('slipway');
    const done = await deploy(jobs);
    expect(done.log).not.toContain('::error');
    expect(done.record!.deployments[0]).toMatchObject({
      state: 'healthy',
      evidence: { timer: { lastRun: 'succeeded' } },
    });
    expect(await sh('cat /etc/crontab')).toMatch(
      /echo mine\n\*\t\*\t\*\t\*\t\*\troot\t.*agent\.sh run .* worker # X-Slipway/,
    );
    expect(await runs()).toBe('1');
    expect((await deploy(jobs)).outputs).toMatchObject({ state: 'unchanged' });
    const status = await deploy({ ...jobs, mode: 'status' });
    expect(status.outputs).toMatchObject({ state: 'healthy' });
    expect(status.log).toMatch(/runs next at .*, the last run succeeded/);
  });

  test('plan: the script and how the program is launched; nothing is changed', async () => {
    const done = await deploy({ ...inputs, mode: 'plan', binary: v1.path, args: 'one' });
    expect(done.log).not.toContain('::error');
    expect(done.log).toMatch(/unit \+start\|stop.*agent\.sh/);
    expect(done.log).toMatch(/launch \+exec .*current\/hello 'one'/);
    expect(await sh('ls /volume1 /usr/local/etc/rc.d')).not.toContain('hello');
  });

  test('the first release: as the user of run-as, values as they are, the log on the volume', async () => {
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.log).not.toContain('::error');
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true', previous: '' });
    await serves(v1, 'v1.0.0');
    expect((await fetchJson(`${url}/`)).body).toMatchObject({ greeting });
    expect(await sh(`stat -c %U /proc/$(sed -n s/^MainPID=//p ${live}/unit)`)).toBe('http');
    expect(await sh(`stat -L -c '%a %U' ${directory}/current/environment`)).toBe('600 root');
    expect(await sh(`cat ${directory}/log/hello.log`)).toContain('"msg"');
  });

  test('examples/hello/slipway.nas.yml: a server in the same run, by its role', async () => {
    const text = await readFile(new URL('../../examples/hello/slipway.nas.yml', import.meta.url), 'utf8');
    const { roles } = (parse(text) as { deploy: { roles: unknown }[] }).deploy[0]!;
    const { layout: _, 'run-as': __, ...others } = inputs;
    const done = await deploy({
      ...others,
      roles: JSON.stringify(roles),
      hosts: JSON.stringify([
        { host: `${server.user}@${server.address}` },
        { host: `${host.user}@${host.address}`, roles: 'nas' },
      ]),
      'known-hosts': [await readFile(server.knownHosts, 'utf8'), inputs['known-hosts']].join('\n'),
      binary: v1.path,
    });
    expect(done.log).not.toContain('::error');
    expect(done.record!.deployments.map(one => one.state)).toEqual(['healthy', 'unchanged']);
    expect((await fetchJson(`http://${server.address}:8080/version`)).body).toMatchObject({ version: 'v1.0.0' });
    const ofNas = { ...done.record!.deployments[1]!, place: `root@${host.address}:22` };
    const closed = await verify(
      { 'private-key': inputs['private-key']!, 'known-hosts': inputs['known-hosts']!, deadline: '20s' },
      { ...done.record!, deployments: [ofNas] },
    );
    expect(closed.log).not.toContain('::error');
    expect(closed.report).toMatchObject({ verdict: 'verified', identity: 'proven' });
  });

  test('the same again: nothing is restarted', async () => {
    const before = await pid();
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.outputs).toMatchObject({ state: 'unchanged', changed: 'false' });
    expect(await pid()).toBe(before);
  });

  test('a release that crashes is taken back, with what it wrote', async () => {
    const done = await deploy({ ...inputs, binary: v2.path, environment: 'HELLO_CRASH_AFTER=100ms' });
    expect(done.code).toBe(1);
    expect(done.outputs).toMatchObject({ state: 'rolled-back' });
    expect(done.log).toContain('crashing, as crash_after asks');
    await serves(v1, 'v1.0.0');
  });

  test('what falls is started again, by the watchdog, without a runner', async () => {
    const before = await pid();
    await sh(`kill -KILL ${before}`);
    await eventually(async () =>
      expect(await sh(`grep -c -x -e ActiveState=active -e NRestarts=1 ${live}/unit`)).toBe('2'),
    );
    expect(await pid()).not.toBe(before);
    await serves(v1, 'v1.0.0');
  });

  test('a watchdog that was killed is missed by status; the next deployment ends what it left', async () => {
    const before = await pid();
    await sh(`kill -KILL $(cat ${live}/watchdog)`);
    const status = await deploy({ ...inputs, mode: 'status' });
    expect(status.outputs).toMatchObject({ state: 'failed' });
    expect(status.log).toContain('failed');
    expect((await deploy({ ...inputs, binary: v1.path })).outputs).toMatchObject({ state: 'healthy' });
    expect(await sh(`ls -d /proc/${before} 2>&1`)).toContain('No such file');
    await serves(v1, 'v1.0.0');
  });

  test('the second release; rollback; a second rollback has nowhere to go', async () => {
    const done = await deploy({ ...inputs, binary: v2.path, 'limit-nofile': '4096' });
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    await serves(v2, 'v2.0.0');
    expect(await sh(`grep 'open files' /proc/$(sed -n s/^MainPID=//p ${live}/unit)/limits`)).toMatch(/ 4096 /);
    expect((await deploy({ ...inputs, mode: 'rollback' })).outputs).toMatchObject({ state: 'healthy' });
    await serves(v1, 'v1.0.0');
    expect((await deploy({ ...inputs, mode: 'rollback' })).log).toContain('ROLLBACK_IMPOSSIBLE');
  });

  test('cron has started the job, as its user', async () => {
    await eventually(async () => expect(Number(await runs())).toBeGreaterThan(1), 70_000);
  }, 90_000);

  /** By nginx: who answers for a name. */
  const throughNginx = (name = 'hello.example.org') =>
    sh(`curl -sS --max-time 5 -H 'Host: ${name}' http://127.0.0.1/version | sed 's/.*"version":"\\([^"]*\\)".*/\\1/'`);
  test('an entry of DSM’s nginx comes with the release; again nothing is changed', async () => {
    expect(await throughNginx()).toBe('dsm');
    inputs = { ...inputs, proxy: proxy() };
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.log).not.toContain('::error');
    expect(await throughNginx()).toBe('v1.0.0');
    expect(await throughNginx('other.example.org')).toBe('dsm');
    expect((await deploy({ ...inputs, binary: v1.path })).outputs).toMatchObject({ state: 'unchanged' });
    const status = await deploy({ ...inputs, mode: 'status' });
    expect(status.log).toContain('  nginx: hello.example.org, without TLS');
    expect(status.outputs).toMatchObject({ state: 'healthy' });
  });

  test.each([
    ['a certificate that is not there', { tls: { certificate: '/none.pem', key: '/none.key' } }, /PROXY_REFUSED/],
    ['the name of another entry', { names: 'taken.example.org' }, /another site has the server name taken.example.org/],
    ['a port that another program has', { http: 22 }, /port 22 of the site is in use by .*PORT_IN_USE/],
  ])('an entry with %s is refused, and the one before stays', async (_, given, words) => {
    await sh(`echo 'server { listen 80; server_name taken.example.org; }' >${entries}/http.others.conf`);
    const before = await sh(`cat ${entry}`);
    const done = await deploy({ ...inputs, proxy: proxy(given), binary: v2.path });
    expect(done.log).toMatch(words);
    expect(done.outputs).toMatchObject({ state: 'failed', changed: 'false' });
    expect(await sh(`rm ${entries}/http.others.conf; cat ${entry}`)).toBe(before);
    expect(await throughNginx()).toBe('v1.0.0');
  });

  test('a release that crashes takes its entry back with it', async () => {
    const bad = { ...inputs, proxy: proxy({ names: 'bad.example.org' }), environment: 'HELLO_CRASH_AFTER=100ms' };
    expect((await deploy({ ...bad, binary: v2.path })).outputs).toMatchObject({ state: 'rolled-back' });
    expect([await throughNginx(), await throughNginx('bad.example.org')]).toEqual(['v1.0.0', 'dsm']);
  });

  const cutAfterSwitch = async (binary: { path: string }) => {
    const run = await startDeploy({
      ...inputs,
      binary: binary.path,
      'min-healthy-time': '4s',
      'healthy-deadline': '5s',
    });
    await run.logged('switch done');
    run.child.kill('SIGKILL');
    await run.ended;
  };

  test('a runner that is killed: the host takes the release back by itself', async () => {
    await cutAfterSwitch(v2);
    expect(await sh(`ls ${live} | grep -c revert`)).toBe('1');
    await eventually(async () =>
      expect(await sh(`tail -n 1 ${directory}/state/history`)).toContain('reverted-timeout'),
    );
    await eventually(async () => expect(await sh(`ls ${directory}/state | grep reverting`)).toBe(''));
    await serves(v1, 'v1.0.0');
    expect(await sh(`ls ${live}; ps | grep -c '[a]gent.sh timer'`)).not.toMatch(/revert|[1-9]$/);
  });

  test('and when the power is cut then: at boot, before the service', async () => {
    await cutAfterSwitch(v2);
    await useBash();
    await reboot();
    await serves(v1, 'v1.0.0');
    expect(await sh(`tail -n 1 ${directory}/state/history`)).toContain('reverted-reboot');
  });

  test('a system update: the releases are there, status says what is missing, the next deployment puts it back', async () => {
    expect(await throughNginx()).toBe('v1.0.0'); // after the power was cut
    await sh(`rm -r /usr/local/etc/rc.d ${entries}; sed -i /slipway/d /etc/crontab`);
    await reboot();
    expect(await fetchJson(`${url}/version`)).toEqual({ error: 'ECONNREFUSED' });
    const status = await deploy({ ...inputs, mode: 'status' });
    expect(status.outputs).toMatchObject({ state: 'failed' });
    expect(status.log).toContain(`missing, as after a system update: ${script}, ${entry}`);
    expect((await deploy({ ...inputs, binary: v1.path })).outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    await serves(v1, 'v1.0.0');
    expect(await throughNginx()).toBe('v1.0.0');
    expect((await deploy({ ...jobs, mode: 'status' })).log).toContain('worker.sh, lines of /etc/crontab');
    expect((await deploy(jobs)).outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    expect((await deploy({ ...jobs, mode: 'remove' })).outputs).toMatchObject({ state: 'removed' });
    expect(await sh('cat /etc/crontab')).toMatch(/echo mine$/);
  });

  test('converge repairs it as well, while the service still runs', async () => {
    const { size } = await stat(v1.path);
    const target = { x64: 'linux/amd64', arm64: 'linux/arm64' }[process.arch as 'x64'];
    const binary = { package: 'example.com/hello', target, path: v1.path, size, sha256: v1.sha256 };
    const { record } = await deploy({ ...inputs, binary: v1.path });
    const converge = () => deploy({ ...inputs, mode: 'converge' }, { ...record!, binaries: [binary] });
    await sh(`rm ${script}`);
    expect((await converge()).outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    expect((await converge()).outputs).toMatchObject({ state: 'unchanged' });
    expect(await sh(`test -x ${script} && echo there`)).toBe('there');
  });

  test('a script of somebody else is not replaced', async () => {
    await sh(`echo 'echo mine' >/usr/local/etc/rc.d/other.sh`);
    const done = await deploy({ ...inputs, service: 'other', listen: '8081', proxy: '', binary: v1.path });
    expect(done.log).toContain('UNIT_FOREIGN');
    expect(await sh('cat /usr/local/etc/rc.d/other.sh')).toBe('echo mine');
  });

  test('remove: all that is ours goes, what the program wrote stays', async () => {
    const done = await deploy({ ...inputs, mode: 'remove' });
    expect(done.outputs).toMatchObject({ state: 'removed' });
    expect(done.log).toContain(`left as it is: ${directory}/log`);
    // its former workers are told to go a moment after the new ones have come
    await eventually(async () => expect(await throughNginx()).toBe('dsm'));
    expect(
      await sh(
        `ls -d ${script} ${entry} ${live} ${directory}/* 2>/dev/null; ps | grep -e '[a]gent.sh' -e '[c]urrent/hello'`,
      ),
    ).toBe(`${directory}/log`);
  });
});
