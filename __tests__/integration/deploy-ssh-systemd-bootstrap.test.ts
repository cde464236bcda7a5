import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { sleep } from '../../src/core/deadline.ts';
import { run } from '../../src/core/process.ts';
import { agentProgram, installedSha256 } from '../../src/deploy-ssh-systemd/agent-program.ts';
import { actionMain } from '../action-main.ts';
import { Talk } from './agent-talk.ts';
import { deploy, fetchJson, onHost } from './deploy-ssh-systemd.ts';
import { buildHandover } from './handover.ts';
import { describeWith } from './lab.ts';
import { agent, directory, type PrivilegeHost, password, privilegeHost } from './privilege-host.ts';

jest.setTimeout(60_000);

await describeWith(['fresh:host40', 'go'], 'deploy-ssh-systemd: bootstrap and the installed agent', lab => {
  const host = lab['fresh:host40'];
  let on: PrivilegeHost;
  beforeAll(async () => {
    on = await privilegeHost(host, lab.go);
  }, 300_000);
  afterAll(() => on.remove(), 60_000);

  const talk = async (user: string) => {
    const { privateKey, knownHosts } = host;
    const options = ['-i', privateKey, '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'BatchMode=yes', '-F', 'none'];
    const one = new Talk(['ssh', ...options, `${user}@${host.address}`, `sudo -n ${agent}`]);
    await one.start();
    return one;
  };

  describe('bootstrap', () => {
    const byAdmin = () => ({
      ...on.inputs,
      hosts: on.as('admin'),
      'become-password': password,
      'agent-user': 'deploy',
    });

    test('plan shows what it would do, and does nothing', async () => {
      const before = await on.installed();
      const done = await deploy({ ...byAdmin(), mode: 'plan' });
      expect(done.code).toBe(0);
      expect(done.outputs).toMatchObject({ state: 'planned', changed: 'false' });
      expect(done.log).toContain('bootstrap would let deploy deploy hello in /opt/slipway/hello by the agent');
      expect(done.log).toMatch(new RegExp(`would write ${agent}, sha256 ${installedSha256(await agentProgram())}`));
      expect(await on.installed()).toBe(before);
    });

    test('installs the agent and one line of sudoers for it, by sudo with a password', async () => {
      const done = await deploy({ ...byAdmin(), mode: 'bootstrap' });
      expect(done.log).not.toContain('::error');
      expect(done.outputs).toMatchObject({ state: 'bootstrapped', changed: 'true' });
      expect(done.log).toContain('deploy ALL=(root) NOPASSWD: /usr/local/lib/slipway/agent ""');
      const uid = await on.onShell('id -u deploy');
      expect(await on.onShell(`cat /etc/sudoers.d/slipway-${uid}`)).toBe(`deploy ALL=(root) NOPASSWD: ${agent} ""`);
      expect(
        await on.onShell(`stat -c '%U:%G %a' ${agent} /etc/slipway/allowed/deploy /etc/sudoers.d/slipway-${uid}`),
      ).toBe('root:root 755\nroot:root 644\nroot:root 440');
      expect(await on.onShell(`sha256sum <${agent}`)).toBe(`${installedSha256(await agentProgram())}  -`);
      expect(done.log + done.summary).not.toContain('battery');
    });

    test('done again it changes nothing, and says so', async () => {
      const before = await on.installed();
      const done = await deploy({ ...byAdmin(), mode: 'bootstrap' });
      expect(done.outputs).toMatchObject({ state: 'bootstrapped', changed: 'false' });
      expect(done.log).toContain('bootstrap: nothing to change');
      expect(await on.installed()).toBe(before);
    });

    test('from a terminal, what slipway.yml says: the same', async () => {
      const before = await on.installed();
      const given: Record<string, string> = byAdmin();
      const secrets = { 'private-key': { env: 'KEY' }, 'become-password': { env: 'PASSWORD' } };
      const env = { ...process.env, KEY: given['private-key'], PASSWORD: given['become-password'] };
      const file = stringify({ deploy: [{ kind: 'deploy-ssh-systemd', ...given, ...secrets }] });
      await writeFile(join(on.folder, 'slipway.yml'), file, { mode: 0o600 });
      const argv = [process.execPath, actionMain('cli'), 'bootstrap', '-C', on.folder, '--yes', '--json'] as const;
      const ended = await run([...argv], { env, timeout: 50_000 });
      const { code, done } = JSON.parse(ended.stdout);
      expect([code, done.length, done[0].outputs]).toEqual([
        0,
        1,
        expect.objectContaining({ state: 'bootstrapped', changed: 'false' }),
      ]);
      expect(ended.stderr).toContain('bootstrap: nothing to change');
      expect(ended.stderr).toContain('✓ done');
      expect(await on.installed()).toBe(before);
    });

    test('the user may do that and nothing else', async () => {
      const may = (command: string) => on.onShell(`su deploy -c 'sudo -n ${command}' </dev/null 2>&1; echo $?`);
      for (const command of [
        'id',
        '/bin/sh -c id',
        `${agent} serve`,
        `${agent} guard ${directory} hello`,
        `-u other ${agent}`,
      ])
        expect(await may(command)).toMatch(/password is required\n1$/);
    });

    test('refuses what would give more than was meant', async () => {
      await on.onShell('mkdir -p /srv/open && chmod 777 /srv/open && ln -sfn /opt /srv/link');
      const before = await on.installed();
      const own = { ...on.inputs, hosts: on.as('root'), 'agent-user': 'deploy', mode: 'bootstrap' };
      const cases: [Record<string, string>, RegExp][] = [
        [{ service: 'ssh' }, /ssh\.service exists .*is not of Slipway.*BOOTSTRAP_REFUSED/],
        [{ service: 'backup' }, /backup is a user of the host.*BOOTSTRAP_REFUSED/],
        [{ service: 'dpkg' }, /\/var\/lib\/dpkg exists.*BOOTSTRAP_REFUSED/],
        [{ 'agent-user': 'nobody-here' }, /there is no user nobody-here.*BOOTSTRAP_REFUSED/],
        [{ 'run-as': 'nobody-here' }, /there is no user nobody-here.*BOOTSTRAP_REFUSED/],
        [
          { service: 'app', 'service-directory': '/srv/open/app' },
          /\/srv\/open is .*writable by others.*BOOTSTRAP_REFUSED/,
        ],
        [{ service: 'app', 'service-directory': '/srv/link/app' }, /\/srv\/link is a link.*BOOTSTRAP_REFUSED/],
      ];
      const logs = await Promise.all(cases.map(async ([changes]) => (await deploy({ ...own, ...changes })).log));
      for (const [index, [, said]] of cases.entries()) expect(logs[index]).toMatch(said);
      expect(await on.installed()).toBe(before);
    });
  });

  describe('the agent', () => {
    const roles = ['deploy', 'fisher', 'seashell', 'noisy', 'busy'];
    beforeAll(async () => {
      const byRoot = { ...on.inputs, hosts: on.as('root'), mode: 'bootstrap' };
      const all = await Promise.all(roles.map(user => deploy({ ...byRoot, 'agent-user': user })));
      for (const done of all) expect(done.log).not.toContain('::error');
    }, 60_000);

    test.each(roles)(
      'deploys for %s by exactly the line that bootstrap wrote, goes back, and takes back what fails',
      async user => {
        expect(await on.onShell(`sudo -n -l -U ${user} | grep -A9 'may run'`)).toMatch(
          new RegExp(`may run the following commands on \\S+:\\n\\s+\\(root\\) NOPASSWD: ${agent} ""$`),
        );
        const own = { ...on.inputs, hosts: on.as(user), environment: `HELLO_GREETING=${user}` };
        const done = await deploy({ ...own, binary: on.v1.path });
        expect(done.log).not.toMatch(/::error|::warning/);
        await on.serves(on.v1.sha256, user);
        if (user !== 'deploy') return; // the rest is not a matter of the shell
        const next = await deploy({ ...own, binary: on.v2.path });
        expect(next.log).not.toContain('::error');
        await on.serves(on.v2.sha256, user);
        const bad = await deploy({
          ...own,
          binary: on.v1.path,
          'health-checks': 'http://127.0.0.1:8080/none 200',
          'healthy-deadline': '2s',
        });
        expect(bad.outputs).toMatchObject({ state: 'rolled-back' });
        await on.serves(on.v2.sha256, user);
        const back = await deploy({ ...own, mode: 'rollback' });
        expect(back.log).not.toContain('::error');
        await on.serves(on.v1.sha256, user);
      },
      90_000,
    );

    test('a user that bootstrap made, and a program that hands over its listener, by the same line', async () => {
      const handover = {
        ...on.inputs,
        service: 'handover',
        args: ':8090',
        listen: '8090',
        'restart-method': 'upgrade-signal',
        'health-checks': 'http://127.0.0.1:8090/healthz 200',
        'run-as': 'handover-svc',
        'create-user': 'true',
      };
      const byRoot = { ...handover, hosts: on.as('root'), 'agent-user': 'deploy' };
      const plan = await deploy({ ...byRoot, mode: 'plan' });
      expect(plan.log).toContain('would write the system user handover-svc');
      expect(await on.onShell('id -u handover-svc 2>&1; true')).toContain('no such user');
      const bootstrapped = await deploy({ ...byRoot, mode: 'bootstrap' });
      expect(bootstrapped.log).not.toContain('::error');
      expect(await on.onShell('getent passwd handover-svc')).toMatch(/:\/usr\/sbin\/nologin$/);
      // somebody took it away: the agent may make just that one
      await on.onShell('userdel handover-svc');
      const own = { ...handover, hosts: on.as('deploy') };
      for (const version of ['one', 'two']) {
        const done = await deploy({ ...own, binary: await buildHandover(lab.go, on.folder, version) });
        expect(done.log).not.toContain('::error');
        const { evidence } = done.record!.deployments[0]!;
        expect(evidence).toMatchObject({ entered: version === 'one' ? 'restart' : 'upgrade' });
        const { body } = await fetchJson(`http://${host.address}:8090/`);
        expect(body).toMatchObject({ version });
        expect(await on.onShell(`stat -c %U /proc/${body!['pid']}`)).toBe('handover-svc');
      }
      const lines = { ...own, binary: on.v1.path, 'drop-in': '[Service]\nExecStartPre=+/bin/true' };
      expect((await deploy(lines)).log).toMatch(/ExecStartPre= is not allowed.*UNIT_FORBIDDEN/);
    }, 90_000);

    test('without the runner the host takes a release back by itself', async () => {
      const releases = (await on.onShell(`ls ${directory}/releases`)).split('\n');
      const current = (await on.onShell(`readlink ${directory}/current`)).replace('releases/', '');
      const one = await talk('deploy');
      expect((await one.ask('facts', ['hello', directory])).end).toBe('ok');
      expect((await one.ask('lock', ['t1', 'me'])).end).toBe('ok');
      const other = releases.find(id => id !== current)!;
      expect((await one.ask('switch', ['t1', other, 'rollback', '2', 'me'])).end).toBe('ok');
      one.child.kill('SIGKILL');
      const result = () => on.onShell(`cat ${directory}/state/result.t1; readlink ${directory}/current`);
      for (let tries = 0; tries < 100 && !(await result()).startsWith('reverted'); tries++) await sleep(100);
      expect(await result()).toBe(`reverted timeout old\nreleases/${current}`);
    });

    const unit = (...lines: string[]) =>
      Buffer.from(
        [
          '[Unit]',
          `X-Slipway=${directory}`,
          '[Service]',
          'Type=exec',
          `ExecStart=${directory}/current/hello`,
          'DynamicUser=yes',
          ...lines,
          '',
        ].join('\n'),
      );
    const release = (one: Talk, text: Buffer, sha256: string, mode = '644') => {
      const listing = Buffer.from(`part ${mode} ${text.length} unit\nblob 755 ${sha256} hello\n`);
      return one.ask('release', ['bad', String(listing.length)], Buffer.concat([listing, text]));
    };

    test('refuses what is not its own: services, directories, units, requests, other users', async () => {
      const one = await talk('deploy');
      for (const [service, path] of [
        ['ssh', '/opt/slipway/ssh'],
        ['hello', '/etc/systemd'],
        ['hello2', directory],
        ['hello', '/opt/slipway/hello2'],
        ['hello', `${directory}/../hello`],
        ['../hello', directory],
      ] as const) {
        expect((await one.ask('facts', [service, path])).end).toMatch(/^(SERVICE_FORBIDDEN|NAME_REFUSED)$/);
      }
      // after a refusal there is no service any more
      expect((await one.ask('lock', ['t2', 'me'])).end).toBe('NAME_REFUSED');
      const two = await talk('deploy');
      await two.ask('facts', ['hello', directory]);
      expect((await two.ask('bootstrap', ['other', 'dynamic', 'no'])).end).toBe('VERB_UNKNOWN');
      expect((await two.ask('lock', ['t2', 'me'])).end).toBe('ok');
      const blob = (await on.onShell(`ls ${directory}/blobs`)).split('\n')[0]!;
      for (const line of [
        'User=root',
        'ExecStartPre=+/bin/sh',
        'BindPaths=/root:/root',
        'LoadCredential=x:/etc/shadow',
        'StandardOutput=file:/etc/passwd',
      ])
        expect((await release(two, unit(line), blob)).end).toBe('UNIT_FORBIDDEN');
      // whoever could write to it later would write what root reads
      expect((await release(two, unit(), blob, '666')).end).toBe('NAME_REFUSED');
      expect((await two.ask('lock', ['t3', 'me'])).end).toBe('ended'); // it has put everything away by then
      expect(await on.onShell(`ls -A ${directory}/releases`)).not.toMatch(/bad|\.new/);
      const action = await deploy({ ...on.inputs, hosts: on.as('deploy'), service: 'hello2', binary: on.v1.path });
      expect(action.log).toMatch(
        /deploy may not deploy hello2 in \/opt\/slipway\/hello2; allowed: .*hello in \/opt\/slipway\/hello.*SERVICE_FORBIDDEN/,
      );
      const another = await deploy({ ...on.inputs, hosts: on.as('deploy'), 'run-as': 'other', binary: on.v1.path });
      expect(another.log).toMatch(/User=other is not allowed.*UNIT_FORBIDDEN/);
      for (const talking of [one, two]) talking.child.stdin.end();
    });

    test('a unit of somebody else is not touched, whatever became of it meanwhile', async () => {
      const path = '/etc/systemd/system/hello.service';
      const kept = await on.onShell(`cat ${path}`);
      await on.onShell(`printf '[Service]\\nExecStart=/bin/sleep 9999\\n' >${path}; systemctl daemon-reload`);
      const one = await talk('deploy');
      await one.ask('facts', ['hello', directory]);
      await one.ask('lock', ['t3', 'me']);
      const [id] = (await on.onShell(`ls ${directory}/releases`)).split('\n');
      expect((await one.ask('switch', ['t3', id!, 'deploy', '5', 'me'])).end).toBe('UNIT_FOREIGN');
      expect(await on.onShell(`cat ${path}`)).toBe('[Service]\nExecStart=/bin/sleep 9999');
      one.child.stdin.end();
      await on.onShell(`cat >${path} <<'END'\n${kept}\nEND\nsystemctl daemon-reload`);
    });

    describe('is not trusted blindly', () => {
      const tampered: [string, string, RegExp][] = [
        [
          'one that was changed',
          `echo '# x' >>${agent}`,
          /was changed after it was installed.*AGENT_CHANGED[\s\S]*mode: bootstrap/,
        ],
        [
          'one of another version',
          `echo '# x' >>${agent}; sha256sum <${agent} | cut -d' ' -f1 >/etc/slipway/agent.sha256`,
          /another version of the action.*AGENT_OUTDATED[\s\S]*mode: bootstrap/,
        ],
      ];
      afterEach(async () => {
        const mended = await deploy({ ...on.inputs, hosts: on.as('root'), 'agent-user': 'deploy', mode: 'bootstrap' });
        expect(mended.outputs).toMatchObject({ state: 'bootstrapped', changed: 'true' });
        expect((await deploy({ ...on.inputs, hosts: on.as('deploy'), mode: 'status' })).code).toBe(0);
      });
      test.each(tampered)('%s', async (_name, how, said) => {
        await on.onShell(how);
        const done = await deploy({ ...on.inputs, hosts: on.as('deploy'), binary: on.v1.path });
        expect(done.log).toMatch(said);
        expect(done.code).toBe(1);
      });
      test('its line of sudoers is gone', async () => {
        await on.onShell('rm /etc/sudoers.d/slipway-$(id -u deploy)');
        const done = await deploy({ ...on.inputs, hosts: on.as('deploy'), binary: on.v1.path });
        expect(done.log).toMatch(/BECOME_DENIED[\s\S]*bootstrap again/);
      });
    });
  });

  test('the key is nowhere on the host', async () => {
    // the first line is the same in every key
    const [, , secret = ''] = (await readFile(host.privateKey, 'utf8')).split('\n');
    expect(await onHost(host, 'grep', '-rl', secret, '/opt', '/etc', '/usr/local')).toBe('');
  });
});
