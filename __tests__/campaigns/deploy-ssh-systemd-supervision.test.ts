import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { run } from '../../src/core/process.ts';
import { deploy, fetchJson, leftovers, onHost, reach } from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';

const source = fileURLToPath(new URL('../integration/watchdog', import.meta.url));

jest.setTimeout(120_000);

await describeWith(['fresh:host62', 'go'], 'deploy-ssh-systemd: what systemd sees of a service', lab => {
  const host = lab['fresh:host62'];
  let folder: string;
  let common: Record<string, string>;
  const sh = (script: string) => onHost(host, 'sh', '-c', script);
  const show = (service: string, name: string) => onHost(host, 'systemctl', 'show', '-p', name, '--value', service);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-seen-'));
    common = { ...(await reach(host)), type: 'notify', 'min-healthy-time': '300ms', 'healthy-deadline': '30s' };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('watchdog: who goes on saying that it is alive stays, who stops is started again', async () => {
    const path = join(folder, 'watchdog');
    await run([lab.go, 'build', '-o', path, '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' },
      timeout: 240_000,
    });
    const url = `http://${host.address}:8070`;
    const done = await deploy({
      ...common,
      service: 'dog',
      binary: path,
      args: ':8070',
      watchdog: '2s',
      'health-checks': 'http://127.0.0.1:8070/ 200',
      'min-healthy-time': '3s',
    });
    expect(done.log).not.toContain('::error');
    expect(await show('dog', 'NRestarts')).toBe('0');
    const pid = await show('dog', 'MainPID');
    expect(String((await fetchJson(url)).body?.['pid'])).toBe(pid);
    await fetchJson(`${url}/hang`);
    for (let tries = 0; tries < 100 && (await show('dog', 'NRestarts')) === '0'; tries++) await sleep(200);
    expect(await sh('journalctl -u dog -o cat --no-pager')).toContain('Watchdog timeout');
    for (let tries = 0; tries < 100 && (await fetchJson(url)).status !== 200; tries++) await sleep(100);
    expect(String((await fetchJson(url)).body?.['pid'])).not.toBe(pid);
  });

  describe('with hello', () => {
    let inputs: Record<string, string>;
    beforeAll(async () => {
      inputs = { ...common, service: 'hello', binary: (await buildHello(lab.go, folder, 'v1.0.0')).path };
    }, 120_000);

    test('strict, on loopback: it answers through the gate, and its user namespace and addresses are its own', async () => {
      const done = await deploy({
        ...inputs,
        hardening: 'strict',
        listen: '127.0.0.1:8071',
        environment: 'HELLO_LISTEN=127.0.0.1:8071',
        'health-checks': 'http://127.0.0.1:8071/readyz 200',
      });
      expect(done.log).not.toMatch(/::(error|warning).*systemd says/);
      expect(done.outputs['state']).toBe('healthy');
      expect(await leftovers(host, '/opt/slipway/hello')).toBe('');
      expect(done.record!.deployments[0]!.evidence['exposure']).toBeLessThan(1.2);
      expect(await show('hello', 'PrivateUsers')).toBe('yes');
      const denied = await show('hello', 'IPAddressDeny'); // in any order
      expect(denied.split(' ').toSorted()).toEqual(['0.0.0.0/0', '::/0']);
      const uidMap = await sh('cat /proc/$(systemctl show -p MainPID --value hello)/uid_map');
      expect(uidMap.trim().split('\n').length).toBeGreaterThan(1);
      expect((await fetchJson(`http://${host.address}:8071/`)).error).toBe('ECONNREFUSED');
    });

    describe('what systemd-analyze said', () => {
      const calls = '/tmp/calls';
      const greet = (text: string) => ({ listen: '8080', environment: `HELLO_GREETING=${text}` });
      /** What a deployment has systemd-analyze look at; each is another release. */
      const looks = async (changes: Record<string, string>) => {
        await sh(`rm -f ${calls}`);
        const done = await deploy({ ...inputs, ...changes });
        expect(done.outputs['state']).toBe('healthy');
        // told of what is kept, too
        expect(done.record!.deployments[0]!.evidence['exposure']).toBeLessThanOrEqual(1.4);
        return Number(await sh(`cat ${calls} 2>/dev/null | wc -l`));
      };
      beforeAll(async () => {
        const wrapper = `#!/bin/sh\necho "$1" >>${calls}\nexec /usr/bin/systemd-analyze "$@"\n`;
        await sh(
          `cat >/usr/local/bin/systemd-analyze <<'END'\n${wrapper}END\nchmod 755 /usr/local/bin/systemd-analyze`,
        );
      });

      test('is not asked again of a unit that is the same', async () => {
        expect(await looks(greet('one'))).toBe(2);
        expect(await looks(greet('two'))).toBe(0);
      });

      test('is asked again when unit, drop-in, a drop-in of the host, or systemd is another one', async () => {
        const unit = { ...greet('three'), 'memory-max': '200MiB' };
        expect(await looks(unit)).toBe(2);
        const dropIn = { ...greet('four'), 'memory-max': '200MiB', 'drop-in': '[Service]\nNice=5' };
        expect(await looks(dropIn)).toBe(2);
        await sh(
          "mkdir -p /etc/systemd/system/service.d && printf '[Service]\\nNice=3\\n' >/etc/systemd/system/service.d/a.conf",
        );
        expect(await looks({ ...dropIn, ...greet('five') })).toBe(2);
        const older =
          '#!/bin/sh\n[ "$*" != --version ] || { echo "systemd 251 (251.1)"; exit; }\nexec /usr/bin/systemctl "$@"\n';
        await sh(`cat >/usr/local/bin/systemctl <<'END'\n${older}END\nchmod 755 /usr/local/bin/systemctl`);
        try {
          expect(await looks({ ...dropIn, ...greet('six') })).toBe(2);
        } finally {
          await sh('rm /usr/local/bin/systemctl');
        }
      });
    });
  });
});
