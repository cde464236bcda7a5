import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { deploy, onHost, reach } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';

await describeWith(['fresh:host10', 'go'], 'deploy-ssh-systemd: what is refused, with nothing changed', lab => {
  const host = lab['fresh:host10'];
  let folder: string;
  let hello: { path: string; sha256: string };
  let inputs: Record<string, string>;
  let before: string;

  /** Everything that a deployment could have changed. */
  const state = () =>
    onHost(
      host,
      'sh',
      '-c',
      'find /opt /etc/systemd/system /srv /tmp /var/lib -newer /etc/hostname 2>/dev/null | grep -v systemd-private | sort; systemctl list-units --all --plain --no-legend "slipway*" "hello*"',
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    hello = await buildHello(lab.go, folder, 'v1.0.0');
    await onHost(host, 'sh', '-c', 'mkdir -p /opt/theirs/data && echo x >/opt/theirs/data/file; mkdir -p /opt/slipway');
    await onHost(
      host,
      'sh',
      '-c',
      'cd /srv; mkdir noexec small inodes; mount -t tmpfs -o noexec none noexec; mount -t tmpfs -o size=1m none small; mount -t tmpfs -o nr_inodes=50 none inodes',
    );
    await onHost(
      host,
      'sh',
      '-c',
      'printf "[Service]\\nExecStart=/bin/sleep 99999\\n" >/etc/systemd/system/byhand.service; systemctl mask --quiet masked.service; touch /etc/hostname; sleep 0.1',
    );
    inputs = { ...(await reach(host)), service: 'hello', listen: '8080', binary: hello.path };
    before = await state();
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const names = [
    '$(touch /tmp/x)',
    'a b',
    "a'b",
    'a"b',
    'a;b',
    '-a',
    '../a',
    'a\nb',
    'slipway-x',
    'ssh.socket',
    '`id`',
  ];
  const refusals: [string, () => Record<string, string>, RegExp][] = [
    [
      'a host key other than the pinned one',
      () => ({ 'known-hosts': '', 'host-fingerprints': `SHA256:${'A'.repeat(43)}` }),
      /offered the host key ssh-ed25519 SHA256:.*HOST_KEY_MISMATCH/,
    ],
    [
      'a host that known-hosts does not have',
      () => ({ 'known-hosts': inputs['known-hosts']!.replaceAll(host.address, 'other.example') }),
      /it offered ssh-ed25519 SHA256:.*HOST_KEY_UNKNOWN/,
    ],
    ['no host key at all', () => ({ 'known-hosts': '' }), /HOST_KEY_REQUIRED/],
    [
      'a key that the host does not know',
      () => ({ 'private-key': pem() }),
      /refused the key ssh-ed25519 SHA256:.*AUTH_REFUSED/,
    ],
    ['a key that is cut', () => ({ 'private-key': inputs['private-key']!.slice(0, 200) }), /PRIVATE_KEY_INVALID/],
    ['a user without sudo', () => ({ become: 'none' }), /the agent is not root.*HOST_REFUSED/],
    [
      'one of two hosts',
      () => ({ hosts: `${inputs['hosts']}\n${host.user}@nowhere.invalid` }),
      /HOST_KEY_UNKNOWN|HOST_NOT_FOUND/,
    ],
    ['a service of the system', () => ({ service: 'ssh' }), /ssh\.service exists .*(UNIT_FOREIGN|HOST_REFUSED)/],
    ['a service that somebody made by hand', () => ({ service: 'byhand' }), /byhand\.service exists .*UNIT_FOREIGN/],
    ['a masked service', () => ({ service: 'masked' }), /is masked.*UNIT_MASKED/],
    ['a directory of somebody else', () => ({ 'service-directory': '/opt/theirs' }), /\/opt\/theirs|INPUT_INVALID/],
    [
      'a directory with contents',
      () => ({ 'service-directory': '/opt/theirs/data' }),
      /is not of Slipway.*DIRECTORY_FOREIGN/,
    ],
    ['a port in use', () => ({ listen: '22' }), /port 22 is in use by sshd, pid \d+, of ssh\.service.*PORT_IN_USE/],
    ['a user that the host does not have', () => ({ 'run-as': 'nobody-of-this-name' }), /does not exist.*USER_MISSING/],
    [
      'a host that is too small',
      () => ({ requires: 'memory >= 999G\ncores >= 1\nkernel >= 99.1\nsystemd >= 240' }),
      /memory >= 999G is required, and it has [\d.]+ [MG]B, kernel >= 99\.1 is required.*REQUIREMENT_UNMET/,
    ],
    [
      'a folder whose programs may not be run',
      () => ({ 'service-directory': '/srv/noexec/hello' }),
      /noexec.*DIRECTORY_UNUSABLE/,
    ],
    [
      'a disk that is too small',
      () => ({ 'service-directory': '/srv/small/hello' }),
      /are free at \/srv\/small.*DISK_FULL/,
    ],
    [
      'a disk without inodes',
      () => ({ 'service-directory': '/srv/inodes/hello' }),
      /inodes are free at.*INODES_USED_UP/,
    ],
    ['an override of what has an input', () => ({ 'unit-overrides': 'User=root' }), /give "run-as".*INPUT_INVALID/],
    ['a file that is not there', () => ({ files: 'nowhere:x' }), /nothing fits "nowhere".*FILES_MISSING/],
    ['a file whose place climbs', () => ({ files: '/etc/hostname:../x' }), /INPUT_INVALID/],
    ['a directory that climbs', () => ({ 'service-directory': '/opt/../etc/systemd' }), /INPUT_INVALID/],
    ['a binary that is not there', () => ({ binary: 'nowhere' }), /BINARY_MISSING/],
    ['a hold longer than the deadline', () => ({ 'min-healthy-time': '2m' }), /INPUT_INVALID/],
    ...names.map((service): [string, () => Record<string, string>, RegExp] => [
      `the service name ${JSON.stringify(service)}`,
      () => ({ service }),
      /input "service".*INPUT_INVALID/,
    ]),
  ];
  test.each(refusals)(
    '%s',
    async (_name, changes, said) => {
      const done = await deploy({ ...inputs, ...changes() });
      expect(done.log).toMatch(said);
      expect(done.code).toBe(1);
      expect(done.log).not.toContain(inputs['private-key']!.split('\n')[1]);
      expect(done.record).toBeUndefined();
      expect(await state()).toBe(before);
    },
    60_000,
  );

  test('a binary for another machine', async () => {
    const path = join(folder, 'hello-other');
    const arch = process.arch === 'arm64' ? 'amd64' : 'arm64';
    const env = { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOARCH: arch, GOFLAGS: '' };
    const source = join(folder, 'tiny');
    await run(
      [
        'sh',
        '-c',
        `mkdir -p '${source}' && cd '${source}' && printf 'module tiny\\n' >go.mod && printf 'package main\\nfunc main() {}\\n' >main.go`,
      ],
      { timeout: 10_000 },
    );
    await run([lab.go, 'build', '-o', path, '.'], { cwd: source, env, timeout: 280_000 });
    const done = await deploy({ ...inputs, binary: path });
    expect(done.log).toMatch(new RegExp(`the binaries are for linux/${arch}.*ARCHITECTURE_MISMATCH`));
    expect(await state()).toBe(before);
  }, 300_000);
});
