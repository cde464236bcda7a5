import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { describeWith, type LabHost, labModule } from './lab.ts';

const run = promisify(execFile);

/** The real client, with strict checking against the lab's known_hosts. */
const ssh = async (host: LabHost, user: string, command: string) =>
  (
    await run('ssh', [
      ...['-i', host.privateKey, '-o', `UserKnownHostsFile=${host.knownHosts}`, '-o', 'GlobalKnownHostsFile=/dev/null'],
      ...['-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-F', 'none'],
      ...[`${user}@${host.address}`, command],
    ])
  ).stdout.trim();

const HARDENED = [
  ...['Type=exec', 'DynamicUser=yes', 'LoadCredential=token:/root/token', 'MemoryMax=64M', 'CPUQuota=50%'],
  ...['NoNewPrivileges=yes', 'ProtectSystem=strict', 'ProtectHome=yes', 'PrivateTmp=yes', 'PrivateDevices=yes'],
  ...['ProtectKernelTunables=yes', 'ProtectKernelModules=yes', 'ProtectKernelLogs=yes', 'ProtectControlGroups=yes'],
  ...['ProtectClock=yes', 'ProtectHostname=yes', 'RestrictNamespaces=yes', 'RestrictRealtime=yes'],
  ...['RestrictSUIDSGID=yes', 'LockPersonality=yes', 'MemoryDenyWriteExecute=yes', 'CapabilityBoundingSet='],
  ...['SystemCallArchitectures=native', 'SystemCallFilter=@system-service', 'SystemCallFilter=~@privileged @resources'],
  ...['ProtectProc=invisible', 'UMask=0077', 'PrivateUsers=yes', 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX'],
];

await describeWith('host:host8', 'a host of the lab', lab => {
  const host = lab['host:host8'];
  afterAll(async () => (await labModule('host')).down({ name: 'host8', remove: true }), 60_000);

  test('both users come in by key, deploy has sudo', async () => {
    expect(await ssh(host, 'deploy', 'id -un; sudo -n id -un')).toBe('deploy\nroot');
    expect(await ssh(host, 'root', 'systemctl is-system-running')).toBe('running');
  });

  test('a fully hardened unit starts and has its credential', async () => {
    const properties = HARDENED.map(line => `-p '${line}'`).join(' ');
    await ssh(host, 'root', 'umask 077; echo s3cret > /root/token');
    const out = await ssh(
      host,
      'root',
      `systemd-run --quiet --pipe --wait ${properties} sh -c 'cat $CREDENTIALS_DIRECTORY/token; id -u'`,
    );
    expect(out).toMatch(/^s3cret\n6\d{4}$/);
  });

  test('a transient timer fires', async () => {
    await ssh(host, 'root', 'systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms touch /run/fired');
    await ssh(host, 'root', 'for i in $(seq 50); do [ -e /run/fired ] && exit 0; sleep 0.1; done; exit 1');
  });

  test('keeps its files and keys over a power cut, and boots anew', async () => {
    const { restart } = await labModule('host');
    const boot = await ssh(
      host,
      'root',
      'echo kept > /etc/kept; sync; cat /proc/sys/kernel/random/boot_id; systemctl show -P UserspaceTimestampMonotonic',
    );
    const again = await restart('host8');
    expect(again.leaderPid).not.toBe(host.leaderPid);
    const after = await ssh(
      host,
      'root',
      'cat /proc/sys/kernel/random/boot_id; systemctl show -P UserspaceTimestampMonotonic',
    );
    expect(after).not.toBe(boot);
    expect(await ssh(host, 'root', 'cat /etc/kept')).toBe('kept');
  }, 60_000);

  test('a fresh one has nothing of the old, and the same host key', async () => {
    const { up } = await labModule('host');
    const fresh = await up({ name: 'host8', fresh: true });
    expect(await ssh(fresh, 'root', 'ls /etc/kept 2>/dev/null | wc -l')).toBe('0');
  }, 60_000);

  test('down leaves no process, mount, namespace or control group', async () => {
    const { down, up } = await labModule('host');
    await down({ name: 'host8' });
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('/lab/hosts/host8/');
    expect(existsSync('/run/netns/slipway-host8')).toBe(false);
    expect((await run('find', ['/sys/fs/cgroup', '-name', 'slipway-host8'])).stdout).toBe('');
    expect(
      (
        await run('sh', [
          '-c',
          'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " | grep -c -- --machine=slipway-host[8] || true',
        ])
      ).stdout.trim(),
    ).toBe('0');
    await up({ name: 'host8' });
  }, 60_000);
});
