import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import {
  type Deployed,
  deploy,
  fetchJson,
  helloService,
  leftovers,
  onHost,
  reach,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, type LabHost, labModule } from '../integration/lab.ts';

const directory = '/opt/slipway/hello';
const folderOfDropIns = '/etc/systemd/system/hello.service.d';

jest.setTimeout(120_000);

await describeWith(['fresh:host60', 'fresh:host61', 'go'], 'deploy-ssh-systemd: all that belongs to a release', lab => {
  const [first, second] = [lab['fresh:host60'], lab['fresh:host61']] as [LabHost, LabHost];
  let folder: string;
  let inputs: Record<string, string>;

  const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
  const sh = (script: string, host = first) => onHost(host, 'sh', '-c', script);
  const states = (done: Deployed) => done.record!.deployments.map(one => one.state);
  const greeting = async (host = first) => {
    expect(await leftovers(host, directory)).toBe('');
    return (await fetchJson(`http://${host.address}:8080/`)).body?.['greeting'];
  };
  const served = () => sh(`readlink ${directory}/current`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    const known = await Promise.all([first, second].map(host => readFile(host.knownHosts, 'utf8')));
    inputs = {
      ...(await reach(first)),
      'known-hosts': known.join('\n'),
      ...helloService('30s'),
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    const { down } = await labModule('host');
    for (const { name } of [first, second]) await down({ name, remove: true });
  }, 60_000);

  describe('drop-in', () => {
    const lines = (text: string, more = '') => ({
      'drop-in': `[Service]\nNice=5\nEnvironment=HELLO_GREETING=${text}\n${more}`,
    });

    test('is shown by a plan, and in force with its release; one of the host’s own stays beside it', async () => {
      await sh(
        `mkdir ${folderOfDropIns} && printf '[Service]\\nEnvironment=OF=host\\n' >${folderOfDropIns}/10-host.conf`,
      );
      const plan = await deploy({ ...inputs, ...lines('one'), mode: 'plan' });
      expect(plan.log).toContain('drop-in +Nice=5');
      expect(plan.log).not.toMatch(/::error|systemd says/);
      const done = await deploy({ ...inputs, ...lines('one') });
      expect(done.log).not.toMatch(/::error|systemd says/);
      expect(states(done)).toEqual(['healthy']);
      expect(await greeting()).toBe('one');
      expect(await onHost(first, 'systemctl', 'show', '-p', 'Nice', '--value', 'hello')).toBe('5');
      expect(states(await deploy({ ...inputs, ...lines('one') }))).toEqual(['unchanged']);
      await sh(`echo '# by hand' >>${folderOfDropIns}/50-slipway.conf`);
      expect(states(await deploy({ ...inputs, ...lines('one') }))).toEqual(['healthy']);
    });

    test('a changed one alone is another release; with one that fails, the one before is in force again', async () => {
      const before = await served();
      expect(states(await deploy({ ...inputs, ...lines('two') }))).toEqual(['healthy']);
      expect(await served()).not.toBe(before);
      const bad = await deploy({ ...inputs, ...lines('bad', 'Environment=HELLO_START_CRASH=true') });
      expect(states(bad)).toEqual(['rolled-back']);
      expect(await greeting()).toBe('two');
      expect(await sh(`cat ${folderOfDropIns}/50-slipway.conf`)).not.toContain('bad');
      expect(states(await deploy({ ...inputs, mode: 'rollback' }))).toEqual(['healthy']);
      expect(await greeting()).toBe('one');
    });

    test('what systemd says of its lines is told; what it would not load is refused, with nothing switched', async () => {
      const before = await served();
      const plan = await deploy({ ...inputs, ...lines('x', 'LoadCredential=a/b'), mode: 'plan' });
      expect(plan.log).toMatch(/systemd says of the unit: .*50-slipway\.conf:8: Credential name .*a\/b.* not valid/);
      for (const mode of ['plan', 'deploy']) {
        const done = await deploy({ ...inputs, ...lines('x', 'ExecStartPre=/nowhere/x'), mode });
        expect(done.log).toMatch(/systemd would not load the unit: .*\/nowhere\/x.*UNIT_REFUSED/);
      }
      expect(await served()).toBe(before);
      expect(await greeting()).toBe('one');
    });

    test('a release without one takes it away, and leaves the host’s own', async () => {
      expect(states(await deploy({ ...inputs, environment: 'HELLO_GREETING=plain' }))).toEqual(['healthy']);
      expect(await greeting()).toBe('plain');
      expect(await sh(`ls ${folderOfDropIns}`)).toBe('10-host.conf');
      await sh(`rm -r ${folderOfDropIns}; systemctl daemon-reload`);
    });
  });

  describe('back by hand', () => {
    /** The command as the summary shows it, by the ssh of this machine. */
    const byHand = (summary: string) => {
      const [, command = ''] = /^ssh (.+)$/m.exec(summary) ?? [];
      expect(command).toContain(`${first.user}@${first.address} sudo sh `);
      const options = ['-F', 'none', '-i', first.privateKey, '-o', `UserKnownHostsFile=${first.knownHosts}`];
      return run(['ssh', ...options, ...command.split(' ')], { timeout: 30_000 });
    };
    const socket = () => sh('systemctl is-active hello.socket; systemctl is-enabled hello.socket');
    let summary: string;

    test('the command that is shown brings back unit, drop-in and socket, and the host’s history has it', async () => {
      const passed = {
        environment: 'HELLO_GREETING=passed',
        'restart-method': 'socket',
        'drop-in': '[Service]\nNice=7\n',
      };
      expect(states(await deploy({ ...inputs, ...passed }))).toEqual(['healthy']);
      const own = await deploy({ ...inputs, environment: 'HELLO_GREETING=own' });
      expect(await sh('ls /etc/systemd/system')).not.toContain('hello.socket');
      summary = own.summary;
      const { stdout } = await byHand(summary);
      expect(stdout).toMatch(/^hello: \S+ serves$/m);
      expect(await greeting()).toBe('passed');
      expect(await socket()).toBe('active\nenabled');
      expect(await onHost(first, 'systemctl', 'show', '-p', 'Nice', '--value', 'hello')).toBe('7');
      expect(await sh(`tail -n 1 ${directory}/state/history`)).toMatch(/ hand confirmed rollback /);
      // where a next one goes from here
      expect(states(await deploy({ ...inputs, mode: 'rollback' }))).toEqual(['healthy']);
      expect(await greeting()).toBe('plain');
    });

    test('while somebody deploys it does nothing, and says so; nor does it go to a release that is not there', async () => {
      await sh(
        `systemd-run --quiet --unit=holder flock ${directory}/state/lock sleep 60; until ! flock -n ${directory}/state/lock true; do sleep 0.1; done`,
      );
      await expect(byHand(summary)).rejects.toThrow(/hello is being deployed/);
      await sh('systemctl stop holder');
      await expect(byHand(summary.replace(/(rollback \S+ hello )\S+/, '$1gone'))).rejects.toThrow(
        /there is no release gone/,
      );
      expect(await greeting()).toBe('plain');
    });
  });

  describe('converge without a record', () => {
    const both = () => ({ hosts: `${place(first)}\n${place(second)}`, mode: 'converge' });
    /** Every file of the release with its mode and content; the program's by its store. */
    const contents = (host: LabHost) =>
      sh(`cd ${directory}/current/ && find . -type f -exec stat -c '%a %n' {} + -exec sha256sum {} + | sort`, host);

    test('a new host gets all that the other one serves, though the inputs say nothing of it', async () => {
      await mkdir(join(folder, 'web'), { recursive: true });
      await writeFile(join(folder, 'web/a b.html'), 'page');
      await writeFile(join(folder, 'config.json'), '{"greeting":"from a file"}');
      const given = {
        files: `${folder}/web:public\n${folder}/config.json:config.json\n${folder}/config.json:of-root.json:600`,
        credentials: JSON.stringify({ 'tls.key': 'line-one-of-it\nline-two-of-it\n', pin: 'pin-number-4711' }),
        environment: `HELLO_CONFIG=config.json\nODD=it's "q" \\ $x`,
        'secret-environment': 'API_TOKEN=t0ken-of-the-first',
        'memory-max': '200MiB',
      };
      expect(states(await deploy({ ...inputs, ...given }))).toEqual(['healthy']);
      const { binary: _binary, ...without } = inputs;
      const done = await deploy({ ...without, ...both() });
      expect(done.log).not.toContain('::error');
      expect(done.log).toContain(`comes whole from ${place(first)}`);
      expect(states(done)).toEqual(['unchanged', 'healthy']);
      const [old, fresh] = done.record!.deployments;
      expect(fresh!.release).toBe(old!.release);
      expect(await greeting(second)).toBe('from a file');
      expect(await contents(second)).toBe(await contents(first));
      expect(await sh('cat /etc/systemd/system/hello.service', second)).toContain('MemoryMax=209715200');
      expect(done.log + done.summary + JSON.stringify(done.record)).not.toMatch(/t0ken|line-one|pin-number/);
      expect(states(await deploy({ ...without, ...both() }))).toEqual(['unchanged', 'unchanged']);
    });

    test('what it cannot have is said, with nothing changed: what root would run comes from no other host', async () => {
      const dropIn = { 'drop-in': '[Service]\nExecStartPre=+/bin/true\n' };
      expect(states(await deploy({ ...inputs, ...dropIn }))).toEqual(['healthy']);
      await sh(`rm -r ${directory}; systemctl stop hello; rm /etc/systemd/system/hello.service`, second);
      await sh('systemctl daemon-reload', second);
      const { binary: _binary, ...without } = inputs;
      const done = await deploy({ ...without, ...both() });
      expect(done.log).toMatch(new RegExp(`${second.address}.*cannot have .* it has a drop-in.*CONVERGE_REFUSED`));
      expect(done.log).toContain('Nothing was changed');
      expect(await sh(`ls -d ${directory} 2>&1; true`, second)).toContain('No such file');
      const given = await deploy({ ...without, ...both(), ...dropIn });
      expect(states(given)).toEqual(['unchanged', 'healthy']);
      expect(await sh(`cat ${folderOfDropIns}/50-slipway.conf`, second)).toContain('ExecStartPre=+/bin/true');
    });
  });

  describe('a first release whose batch goes back', () => {
    const fails = '/etc/systemd/system/new.service.d/fail.conf';
    const left = `ls -d /etc/systemd/system/new.service /etc/systemd/system/*.wants/new.service /etc/systemd/system/*guard-new* /etc/systemd/system/new.service.d/50* /opt/slipway/new/current 2>/dev/null; systemctl is-active new`;

    test('is stopped and removed, as nothing served before; a rollback of a later one does not go to it', async () => {
      const out = join(folder, 'rotation');
      const say = (word: string) => `echo "${word} $SLIPWAY_HOST" >>${out}`;
      const both = {
        ...inputs,
        hosts: `${place(first)}\n${place(second)}`,
        service: 'new',
        listen: '8090',
        environment: 'HELLO_LISTEN=:8090',
        // what "current" leads to is there only when it is switched
        'drop-in': '[Service]\nExecStartPre=/opt/slipway/new/current/new -version\n',
        'health-checks': 'http://127.0.0.1:8090/readyz 200',
        strategy: 'rolling',
        'on-failure': 'rollback-all',
        'load-balancer': JSON.stringify({ drain: say('drain'), restore: say('restore'), on: 'runner' }),
      };
      await sh(
        `mkdir -p ${fails.replace('/fail.conf', '')} && printf '[Service]\\nExecStartPre=/bin/false\\n' >${fails}`,
        second,
      );
      const done = await deploy(both);
      expect(states(done)).toEqual(['rolled-back', 'failed']);
      expect(done.record!.deployments[0]!.evidence).toMatchObject({
        serving: '',
        reason: expect.stringContaining('stopped and removed because'),
      });
      for (const host of [first, second]) {
        expect(await sh(left, host)).toBe('inactive');
        expect(await leftovers(host, '/opt/slipway/new')).toBe('');
      }
      // it was brought in when it served, and taken out again for good
      const rotation = (await readFile(out, 'utf8')).split('\n').filter(line => line.endsWith(first.address));
      expect(rotation.map(line => line.split(' ')[0])).toEqual(['drain', 'restore', 'drain']);
      await sh(`rm ${fails}; systemctl daemon-reload`, second);
      const good = await deploy({ ...both, environment: 'HELLO_LISTEN=:8090\nHELLO_GREETING=good' });
      expect(states(good)).toEqual(['healthy', 'healthy']);
      const back = await deploy({ ...both, mode: 'rollback' });
      expect(back.log).toMatch(/there is no release to go back to.*ROLLBACK_IMPOSSIBLE/);
    });
  });
});
