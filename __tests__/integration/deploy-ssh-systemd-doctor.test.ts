import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { checks } from '../../src/release/doctor/registry.ts';
import { examined, statesOf } from '../release/doctor/from-sources.ts';
import { makeAuthority } from './certificates.ts';
import { deploy, helloService, onHost, reach } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';
const backup = { backup: '{ command: "true", restore: "true" }' };
const ids = checks.filter(({ family }) => family === 'host').map(({ id }) => id);

jest.setTimeout(90_000);

await describeWith(['fresh:host151', 'go'], 'doctor: what it sees on a host', lab => {
  const host: LabHost = lab['fresh:host151'];
  let folder: string;
  let inputs: Record<string, string>;
  let env: Record<string, string>;

  const sh = (script: string) => onHost(host, 'sh', '-c', script);
  const yml = (more = '', port = host.port) => `deploy:
  - kind: deploy-ssh-systemd
    hosts: ${host.user}@${host.address}:${port}
    private-key: { env: KEY }
    known-hosts: { env: KNOWN }
    service: hello
    listen: 8080
    connect-timeout: 3s
    health-checks: http://127.0.0.1:8080/readyz 200
${more}`;
  const seen = async (more?: string) => statesOf(await examined(folder, yml(more), env), 'host');
  const site = (certificate: string) =>
    sh(
      `mkdir -p /etc/nginx/conf.d; printf '# X-Slipway=${directory}\n  ssl_certificate ${certificate};\n' >/etc/nginx/conf.d/slipway-hello.conf`,
    );
  const certify = async (days: number) => {
    const authority = await makeAuthority(await mkdtemp(join(folder, 'ca-')));
    const [from, to] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + days * 86_400_000)];
    const pem = await readFile((await authority.sign('site', 'hello.example.com', from, to)).certificate, 'utf8');
    await sh(`cat >/etc/ssl/site.pem <<'END'\n${pem}END\n`);
    await site('/etc/ssl/site.pem');
  };

  /** Without the site: no release of this test has one. */
  const release = async (greeting: string, more: Record<string, string> = {}) => {
    await sh('rm -f /etc/nginx/conf.d/slipway-hello.conf');
    const done = await deploy({ ...inputs, ...more, environment: `HELLO_GREETING=${greeting}` });
    expect(done.log).not.toContain('::error');
  };

  beforeAll(async () => {
    const { install } = await labModule('host');
    await install(host.name, ['nftables', 'logrotate']);
    folder = await mkdtemp(join(tmpdir(), 'slipway-doctor-'));
    inputs = {
      ...(await reach(host)),
      ...helloService('30s'),
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
    };
    env = { KEY: inputs['private-key']!, KNOWN: inputs['known-hosts']! };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    const { down } = await labModule('host');
    await down({ name: host.name, remove: true });
  }, 60_000);

  test('a host that nobody cared for: every check fails, and says what it saw', async () => {
    await release('one');
    await certify(5);
    await sh(`printf 'PermitRootLogin yes\\nPasswordAuthentication yes\\n' >/etc/ssh/sshd_config.d/00-own.conf
      systemd-run --quiet --unit=open --socket-property=ListenStream=9999 /bin/true
      mkdir -p /var/log/hello /mnt/share /etc/systemd/system/hello.service.d
      truncate -s 200M /var/log/big; : >/var/log/hello/app.log
      mount -t tmpfs none /mnt/share
      echo '/srv *(rw,no_root_squash) # all' >/etc/exports
      printf '[Service]\\nTimeoutStopSec=1\\nSystemCallFilter=\\nPrivateDevices=no\\nProtectSystem=no\\nNoNewPrivileges=no\\n' >/etc/systemd/system/hello.service.d/90-own.conf
      systemctl daemon-reload`);
    const first = await seen('    layout: nfs\n    nfs-root: /mnt/share\n');
    expect(first).toMatchObject({
      'ssh-root': 'fail: permitrootlogin yes',
      'ssh-password': 'fail: passwordauthentication yes',
      'agent-confined': 'fail: sudo gives it a root shell',
      listeners: expect.stringMatching(/^fail: (\*|\[::\]):9999 \(systemd\)$/),
      firewall: 'fail: nft lets in what no rule names (accept)',
      exposure: expect.stringMatching(/^fail: [2-9]/),
      'unit-limits': 'fail: no MemoryMax, no CPUQuota, no GOMEMLIMIT, no GOMAXPROCS',
      'stop-time': 'fail: TimeoutStopSec=1s',
      'previous-kept': 'fail: nothing to go back to (1 kept)',
      certificate: expect.stringMatching(/^fail: \/etc\/ssl\/site\.pem until .* \([45] days\)$/),
      'log-rotation': 'fail: no rule for /var/log/hello/app.log, /var/log/big has more than 100 MB',
      'nfs-mount': 'fail: no nosuid, no nodev',
      'nfs-exports': 'fail: for everybody, no_root_squash',
    });
    expect(ids.filter(id => first[id] === undefined)).toEqual(['backup-there']); // nothing was there to back up
    await release('two', backup);
    await sh("rm -rf $(sed -n 's/^to //p' /etc/slipway/backup/hello)");
    expect((await seen())['backup-there']).toMatch(/^fail: \/.* has none$/);
  });

  test('the same host, put right: every check passes', async () => {
    await sh(`rm -f /etc/ssh/sshd_config.d/00-own.conf /var/log/big /etc/systemd/system/hello.service.d/90-own.conf
      echo 'PermitRootLogin no' >/etc/ssh/sshd_config.d/00-own.conf
      systemctl daemon-reload; systemctl stop open.socket
      printf '/var/log/hello/*.log {\\n weekly\\n}\\n' >/etc/logrotate.d/hello
      mount -o remount,nosuid,nodev /mnt/share
      echo '/srv 192.0.2.0/24(rw,root_squash)' >/etc/exports
      nft 'add table inet own; add chain inet own in { type filter hook input priority 0; policy drop; }
        add rule inet own in ct state established,related accept; add rule inet own in iif lo accept
        add rule inet own in tcp dport { 22, 8080 } accept'`);
    const limits = { 'memory-max': '256MiB', 'cpu-quota': '100%', ...backup };
    await release('three', limits);
    expect((await deploy({ ...inputs, ...limits, mode: 'bootstrap' })).log).not.toContain('::error');
    await certify(60);
    const found = await seen();
    const share = await seen('    layout: nfs\n    nfs-root: /mnt/share\n');
    expect({ ...found, 'nfs-mount': share['nfs-mount'] }).toEqual(
      Object.fromEntries(ids.map(id => [id, expect.stringMatching(/^pass: /)])),
    );
  });

  test('only what is asked for is asked of the host, and a host that is not reached is unknown, never a pass', async () => {
    expect(statesOf(await examined(folder, yml(), env, ['limits']), 'host')).toEqual({});
    const lost = statesOf(await examined(folder, yml('', 1), env), 'host');
    expect(lost).toEqual(Object.fromEntries(ids.map(id => [id, expect.stringMatching(/^unknown: /)])));
    const noKey = statesOf(await examined(folder, yml(), { KNOWN: env['KNOWN']! }), 'host');
    expect(noKey['ssh-root']).toMatch(/^unknown: .*the environment variable KEY is not set/);
  });
});
