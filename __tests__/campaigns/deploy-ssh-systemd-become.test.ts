import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { type Deployed, deploy } from '../integration/deploy-ssh-systemd.ts';
import { describeWith } from '../integration/lab.ts';
import { type PrivilegeHost, password, privilegeHost } from '../integration/privilege-host.ts';

jest.setTimeout(60_000);

await describeWith(['fresh:host40', 'go'], 'deploy-ssh-systemd: privilege without bootstrap', lab => {
  const host = lab['fresh:host40'];
  const refusals: [string, string, Record<string, string>, RegExp][] = [
    ['no right to sudo', 'other', {}, /sudo asks for a password.*BECOME_DENIED[\s\S]*mode: bootstrap/],
    [
      'no right to sudo, with a password',
      'other',
      { 'become-password': 'of other' },
      /may not use sudo for it: .*other is not in the sudoers file.*BECOME_DENIED/,
    ],
    ['a right to something else', 'some', {}, /sudo asks for a password.*BECOME_DENIED/],
    [
      'a password is wanted and not given',
      'admin',
      {},
      /sudo asks for a password.*BECOME_DENIED[\s\S]*become-password/,
    ],
    ['a wrong password', 'admin', { 'become-password': 'wrong' }, /the password is wrong.*BECOME_DENIED/],
    ['a terminal is wanted', 'teletype', {}, /insists on a terminal.*BECOME_DENIED[\s\S]*Defaults:USER !requiretty/],
    ['the agent is wanted', 'full', { become: 'agent' }, /no agent is installed.*AGENT_MISSING[\s\S]*mode: bootstrap/],
    ['bootstrap by who may not', 'other', { mode: 'bootstrap' }, /BECOME_DENIED/],
    ['bootstrap of root', 'root', { mode: 'bootstrap' }, /root needs no agent.*AGENT_USER_MISSING/],
  ];
  let on: PrivilegeHost;
  let before: string;
  /** All at once: mostly they wait for sshd and for sudo. */
  let refused: readonly Deployed[];
  beforeAll(async () => {
    on = await privilegeHost(host, lab.go);
    before = await on.installed();
    const runs = refusals.map(([, user, changes]) =>
      deploy({ ...on.inputs, hosts: on.as(user), binary: on.v1.path, ...changes }),
    );
    refused = await Promise.all(runs);
  }, 300_000);
  afterAll(() => on.remove(), 60_000);

  test.each(refusals.map(([name, , , said], index) => [name, index, said] as const))(
    '%s',
    async (name, index, said) => {
      const done = refused[index]!;
      expect(done.log).toMatch(said);
      expect(done.log.includes('Nothing was changed')).toBe(!name.startsWith('bootstrap'));
      expect(done.code).toBe(1);
      expect(await on.installed()).toBe(before);
    },
  );

  test('a wrong password is given once only: no account is locked by it', async () => {
    await sleep(200);
    const said = await on.onShell('journalctl --quiet -t sudo --output=cat | grep -o "admin : . incorrect password"');
    expect(said).toBe('admin : 1 incorrect password');
  });

  test('sudo without password: it works, and says that it is full root', async () => {
    const done = await deploy({ ...on.inputs, hosts: on.as('full'), binary: on.v1.path });
    expect(done.log).not.toContain('::error');
    expect(done.log).toMatch(/::warning.*full@.*full root shell.*mode: bootstrap/);
    await on.serves(on.v1.sha256);
  });

  test('sudo with password: it works, and the password is nowhere', async () => {
    const done = await deploy({ ...on.inputs, hosts: on.as('admin'), 'become-password': password, binary: on.v2.path });
    expect(done.log).not.toContain('::error');
    await on.serves(on.v2.sha256);
    const part = 'battery';
    expect(done.log + done.summary).not.toContain(part);
    expect(
      await on.onShell(
        `journalctl --quiet | grep -c ${part}; grep -rl ${part} /opt /etc/systemd /var/log 2>/dev/null; true`,
      ),
    ).toBe('0');
  });

  test('a password that is given and not asked for goes nowhere', async () => {
    const done = await deploy({ ...on.inputs, hosts: on.as('full'), 'become-password': password, mode: 'status' });
    expect(done.log).not.toContain('::error');
    expect(done.outputs).toMatchObject({ state: 'healthy' });
  });

  test('a host without sudo says so, and so does bootstrap; root needs none', async () => {
    await on.onShell('mv /usr/bin/sudo /usr/bin/sudo.away');
    const done = await deploy({ ...on.inputs, hosts: on.as('full'), become: 'sudo-shell', binary: on.v1.path });
    expect(done.log).toMatch(/there is no sudo on the host.*BECOME_DENIED[\s\S]*Connect as root/);
    const bootstrapped = await deploy({ ...on.inputs, hosts: on.as('root'), 'agent-user': 'other', mode: 'bootstrap' });
    expect(bootstrapped.log).toMatch(/there is no sudo on the host.*BOOTSTRAP_REFUSED/);
    const root = await deploy({ ...on.inputs, hosts: on.as('root'), binary: on.v1.path });
    expect(root.log).not.toMatch(/::error|::warning/);
    await on.serves(on.v1.sha256);
    await on.onShell('mv /usr/bin/sudo.away /usr/bin/sudo');
  });
});
