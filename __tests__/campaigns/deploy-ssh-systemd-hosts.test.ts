import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { deploy, fetchJson, leftovers, onHost, reach } from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';

const directory = '/opt/slipway/hello';
const settings = {
  service: 'hello',
  type: 'notify',
  listen: '8080',
  'health-checks': 'http://127.0.0.1:8080/readyz 200',
  'min-healthy-time': '300ms',
};

jest.setTimeout(60_000);

await describeWith(['fresh:host42', 'go'], 'deploy-ssh-systemd: a host with busybox', lab => {
  const host = lab['fresh:host42'];
  let folder: string;
  let inputs: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    // its shell is the system's, and its tools come first; what systemd itself is of stays
    const script =
      'busybox --install -s /usr/local/bin && rm -f /usr/local/bin/su /usr/local/bin/flock && ln -sf busybox /bin/sh && readlink -f /bin/sh';
    expect(await onHost(host, 'sh', '-c', script)).toBe('/usr/bin/busybox');
    inputs = { ...(await reach(host)), ...settings };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('is bootstrapped, deployed to and rolled back', async () => {
    const bootstrapped = await deploy({ ...inputs, mode: 'bootstrap' });
    expect(bootstrapped.log).not.toContain('::error');
    await onHost(host, 'rm', '/etc/sudoers.d/deploy');
    for (const version of ['v1.0.0', 'v2.0.0']) {
      const { path } = await buildHello(lab.go, folder, version);
      const done = await deploy({ ...inputs, binary: path });
      expect(done.log).not.toMatch(/::error|::warning/);
      expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({ version });
    }
    expect((await deploy({ ...inputs, mode: 'rollback' })).outputs).toMatchObject({ state: 'healthy' });
    expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({ version: 'v1.0.0' });
    expect(await leftovers(host, directory)).toBe('');
  });
});

await describeWith(['host:host43', 'go'], 'deploy-ssh-systemd: an arm64 host', lab => {
  const host = lab['host:host43'];
  let folder: string;
  let inputs: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    inputs = { ...(await reach(host)), ...settings, 'healthy-deadline': '50s' };
  }, 60_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('refuses what is built for another machine, and takes what is built for it', async () => {
    const wrong = await buildHello(lab.go, folder, 'v1.0.0', 'amd64');
    const refused = await deploy({ ...inputs, binary: wrong.path });
    expect(refused.log).toMatch(
      /this host is aarch64 \(linux\/arm64\); the binaries are for linux\/amd64.*ARCHITECTURE_MISMATCH/,
    );
    const { path, sha256 } = await buildHello(lab.go, folder, 'v1.0.0', 'arm64');
    const done = await deploy({ ...inputs, binary: path });
    expect(done.log).not.toContain('::error');
    expect(done.record!.deployments[0]!.evidence).toMatchObject({ runningSha256: sha256 });
    expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({ version: 'v1.0.0' });
    expect(await onHost(host, 'uname', '-m')).toBe('aarch64');
    expect(await leftovers(host, directory)).toBe('');
  }, 120_000);
});
