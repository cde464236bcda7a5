import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { fetchJson, leftovers, onHost, reach, sha256FromOutside } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { type HostUser, makeUsers } from './host-users.ts';
import { type LabHost, labModule } from './lab.ts';

export const directory = '/opt/slipway/hello';
export const agent = '/usr/local/lib/slipway/agent';
export const password = 'corréct horse $(battery) "staple';

/** Who comes to this host. What is in sudoers here is what the user's administrator wrote; bootstrap adds a line for some. */
const users: readonly HostUser[] = [
  { name: 'deploy' },
  { name: 'fisher', shell: '/usr/bin/fish' },
  { name: 'seashell', shell: '/usr/bin/tcsh' },
  { name: 'busy', shell: '/usr/lib/busybox/sh' },
  { name: 'noisy', bashrc: 'echo "welcome to .bashrc"; echo "@slipway-agent" >&2; printf "no line end"' },
  { name: 'admin', sudoers: 'admin ALL=(ALL) ALL', password },
  { name: 'full', sudoers: 'full ALL=(ALL) NOPASSWD: ALL' },
  { name: 'other', password: 'of other' },
  { name: 'teletype', sudoers: 'Defaults:teletype requiretty\nteletype ALL=(ALL) NOPASSWD: ALL' },
  { name: 'some', sudoers: 'some ALL=(ALL) NOPASSWD: /bin/true' },
];

/** Gives a host that is fresh these users, an ssh banner that tries to deceive, and what is deployed to it. */
export async function privilegeHost(host: LabHost, go: string) {
  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  await onShell('mkdir /usr/lib/busybox && ln -s /bin/busybox /usr/lib/busybox/sh');
  await onShell(
    'echo "@slipway-agent 1" >/etc/motd; echo "Banner /etc/motd" >/etc/ssh/sshd_config.d/banner.conf; systemctl reload ssh',
  );
  await makeUsers(host, users);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
  const inputs: Record<string, string> = {
    ...(await reach(host)),
    service: 'hello',
    type: 'notify',
    listen: '8080',
    'health-checks': 'http://127.0.0.1:8080/readyz 200',
    'min-healthy-time': '300ms',
    'healthy-deadline': '30s',
  };
  return {
    inputs,
    folder,
    v1: await buildHello(go, folder, 'v1.0.0'),
    v2: await buildHello(go, folder, 'v2.0.0'),
    onShell,
    /** The input `hosts`. */
    as: (user: string) => `${user}@${host.address}:22`,
    serves: async (sha256: string, greeting?: string) => {
      expect((await fetchJson(`http://${host.address}:8080/version`)).status).toBe(200);
      const pid = await onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello');
      expect(await sha256FromOutside(host, pid)).toBe(sha256);
      if (greeting !== undefined)
        expect(await onShell(`tr '\\0' '\\n' </proc/${pid}/environ`)).toContain(`HELLO_GREETING=${greeting}`);
      expect(await leftovers(host, directory)).toBe('');
    },
    /** Everything of bootstrap's, with owner, mode and content. */
    installed: () =>
      onShell(
        'for f in /usr/local/lib/slipway/* /etc/slipway/* /etc/slipway/allowed/* /etc/sudoers.d/*; do [ ! -f "$f" ] || { stat -c "%n %U:%G %a" "$f"; sha256sum <"$f"; }; done',
      ),
    remove: async () => {
      await rm(folder, { recursive: true });
      await (await labModule('host')).down({ name: host.name, remove: true });
    },
  };
}

export type PrivilegeHost = Awaited<ReturnType<typeof privilegeHost>>;
