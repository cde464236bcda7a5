import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  type Deployed,
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHandover } from '../integration/handover.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { startLoad } from '../integration/load.ts';

jest.setTimeout(60_000);

await describeWith(['fresh:host24', 'go'], 'deploy-ssh-systemd: restart methods', lab => {
  const host = lab['fresh:host24'];
  let folder: string;
  let common: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-methods-'));
    common = { ...(await reach(host)), type: 'notify', 'min-healthy-time': '500ms', 'healthy-deadline': '6s' };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const evidenceOf = (done: Deployed) => done.record!.deployments[0]!.evidence;

  describe('socket', () => {
    const url = `http://${host.address}:8080/`;
    let inputs: Record<string, string>;
    const greet = (greeting: string, more = '') => ({ environment: `HELLO_GREETING=${greeting}\n${more}` });
    const greeting = async () => {
      expect(await leftovers(host, '/opt/slipway/hello')).toBe('');
      return (await fetchJson(url)).body?.['greeting'];
    };
    const socket = () =>
      onHost(host, 'sh', '-c', 'systemctl is-active hello.socket; systemctl is-enabled hello.socket');

    beforeAll(async () => {
      const { path } = await buildHello(lab.go, folder, 'v1.0.0');
      inputs = {
        ...common,
        service: 'hello',
        binary: path,
        listen: '8080',
        'health-checks': 'http://127.0.0.1:8080/readyz 200',
      };
      expect((await deploy({ ...inputs, ...greet('own') })).code).toBe(0);
    }, 120_000);

    test('from a listener of its own to a socket of systemd', async () => {
      const done = await deploy({ ...inputs, ...greet('passed'), 'restart-method': 'socket' });
      expect(done.log).not.toContain('::error');
      expect(await greeting()).toBe('passed');
      expect(await socket()).toBe('active\nenabled');
      expect(await onHost(host, 'journalctl', '-u', 'hello', '-n', '20', '-o', 'cat')).toContain('"activated":true');
    });

    test('under load no request is lost: neither by a release, nor by one that fails and goes back', async () => {
      const load = startLoad(url);
      const next = await deploy({ ...inputs, ...greet('next'), 'restart-method': 'socket' });
      const fallen = await deploy({
        ...inputs,
        ...greet('bad', 'HELLO_CRASH_AFTER=200ms'),
        'restart-method': 'socket',
      });
      const seen = await load.end();
      expect([next.outputs['state'], fallen.outputs['state']]).toEqual(['healthy', 'rolled-back']);
      expect(evidenceOf(next)).toMatchObject({ entered: 'socket' });
      expect(next.summary).toMatch(/waited \d+/);
      expect(seen.answered).toBeGreaterThan(100);
      // the one that falls takes those with it that it had accepted, and no other
      expect(Object.keys(seen.failed).filter(code => code !== 'ECONNRESET')).toEqual([]);
      expect(await greeting()).toBe('next');
    });

    test('back to its own listener, and by a rollback to the socket again', async () => {
      const own = await deploy({ ...inputs, ...greet('own again') });
      expect(own.outputs['state']).toBe('healthy');
      expect(await greeting()).toBe('own again');
      expect(await onHost(host, 'ls', '/etc/systemd/system')).not.toContain('hello.socket');
      const back = await deploy({ ...inputs, mode: 'rollback' });
      expect(back.outputs['state']).toBe('healthy');
      expect(await greeting()).toBe('next');
      expect(await socket()).toBe('active\nenabled');
    });

    test('a release with its own listener that is not confirmed at a reboot leaves the socket as it was', async () => {
      const running = await startDeploy({ ...inputs, ...greet('own'), 'min-healthy-time': '5s' });
      await running.logged('switch done');
      running.child.kill('SIGKILL');
      await running.ended;
      await (await labModule('host')).restart(host.name);
      for (let tries = 0; tries < 50 && (await fetchJson(url)).status !== 200; tries++);
      expect(await greeting()).toBe('next');
      expect(await socket()).toBe('active\nenabled');
      expect(await onHost(host, 'tail', '-n', '1', '/opt/slipway/hello/state/history')).toContain('reverted-reboot');
    }, 90_000);

    test('a socket unit of somebody else is not replaced', async () => {
      await onHost(host, 'sh', '-c', 'printf "[Socket]\\nListenStream=9999\\n" >/etc/systemd/system/other.socket');
      const done = await deploy({
        ...inputs,
        ...greet('x'),
        service: 'other',
        listen: '8082',
        'restart-method': 'socket',
      });
      expect(done.code).toBe(1);
      expect(await onHost(host, 'cat', '/etc/systemd/system/other.socket')).toContain('9999');
    });
  });

  describe('reload-signal', () => {
    const url = `http://${host.address}:8083/`;
    const directory = '/opt/slipway/conf';
    let inputs: Record<string, string>;
    /** A release that differs from the one before in nothing but its file. */
    const configured = async (config: object) => {
      const file = join(folder, 'hello.json');
      await writeFile(file, JSON.stringify(config));
      return deploy({ ...inputs, files: `${file}:hello.json` });
    };
    const serving = async () => {
      expect(await leftovers(host, directory)).toBe('');
      const pid = await onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'conf');
      return { greeting: (await fetchJson(url)).body?.['greeting'], pid };
    };

    beforeAll(async () => {
      const { path } = await buildHello(lab.go, folder, 'v1.0.0');
      inputs = {
        ...common,
        service: 'conf',
        binary: path,
        environment: `HELLO_LISTEN=:8083\nHELLO_CONFIG=${directory}/current/files/hello.json`,
        'reload-signal': 'SIGHUP',
        'health-checks': 'http://127.0.0.1:8083/ 200',
      };
      expect((await configured({ greeting: 'one' })).log).not.toContain('::error');
    }, 120_000);

    test('what only a file says is brought in by the signal: the process stays, and goes back in the same way', async () => {
      const { pid } = await serving();
      const done = await configured({ greeting: 'two' });
      expect(evidenceOf(done)).toMatchObject({ entered: 'reload', downtimeMs: 0 });
      expect(await serving()).toEqual({ greeting: 'two', pid });
      const bad = await configured({ error_rate: 1 });
      expect(bad.outputs['state']).toBe('rolled-back');
      expect(await serving()).toEqual({ greeting: 'two', pid });
    });

    test('so does a rollback; and what needs a restart gets one, after a reload too', async () => {
      const { pid } = await serving();
      const back = await deploy({ ...inputs, mode: 'rollback' });
      expect(evidenceOf(back)).toMatchObject({ entered: 'reload' });
      expect(await serving()).toEqual({ greeting: 'one', pid });
      inputs = { ...inputs, environment: `${inputs['environment']}\nHELLO_GREETING=new` };
      const done = await configured({ greeting: 'three' });
      expect(evidenceOf(done)).toMatchObject({ entered: 'restart' });
      const after = await serving();
      expect(after.greeting).toBe('new');
      expect(after.pid).not.toBe(pid);
    });
  });

  describe('upgrade-signal', () => {
    const url = `http://${host.address}:8090`;
    let inputs: Record<string, string>;
    const release = async (version: string, broken = '', more: Record<string, string> = {}) =>
      deploy({ ...inputs, binary: await buildHandover(lab.go, folder, version, broken), ...more });
    const serving = async () => {
      const { body } = await fetchJson(url);
      const pid = await onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', inputs['service']!);
      expect(String(body?.['pid'])).toBe(pid);
      return { version: body?.['version'], pid };
    };

    beforeAll(async () => {
      inputs = {
        ...common,
        service: 'handover',
        args: ':8090',
        'restart-method': 'upgrade-signal',
        'health-checks': 'http://127.0.0.1:8090/healthz 200',
      };
      expect((await release('one')).code).toBe(0);
    }, 120_000);

    test('the child becomes the main process; no request is lost, and there is no downtime', async () => {
      const before = await serving();
      const load = startLoad(url);
      const done = await release('two');
      const seen = await load.end();
      expect(done.outputs['state']).toBe('healthy');
      expect(evidenceOf(done)).toMatchObject({ entered: 'upgrade', downtimeMs: 0 });
      expect(seen.answered).toBeGreaterThan(50);
      expect(seen.failed).toEqual({});
      const after = await serving();
      expect(after.version).toBe('two');
      expect(after.pid).not.toBe(before.pid);
      expect(await onHost(host, 'systemctl', 'show', '-p', 'NRestarts', '--value', 'handover')).toBe('0');
    });

    test('a child that does not start: the process before never left', async () => {
      const before = await serving();
      const done = await release('three', 'start', { 'healthy-deadline': '2s' });
      expect(done.outputs['state']).toBe('rolled-back');
      expect(await serving()).toEqual(before);
      expect(await leftovers(host, '/opt/slipway/handover')).toBe('');
    });

    test('one that is not healthy hands over to the release before, without a request lost', async () => {
      const load = startLoad(url);
      const done = await release('four', 'health', { 'healthy-deadline': '2s' });
      expect(done.outputs['state']).toBe('rolled-back');
      expect((await load.end()).failed).toEqual({});
      expect((await serving()).version).toBe('two');
    });

    test('a changed environment needs a restart, as a child has that of its parent', async () => {
      const done = await release('two', '', { environment: 'GREETING=hi' });
      expect(evidenceOf(done)).toMatchObject({ entered: 'restart' });
      expect((await fetchJson(url)).body).toMatchObject({ greeting: 'hi' });
    });

    test('a program that writes its process id to a file is followed, too', async () => {
      const file = '/run/byfile/byfile.pid';
      inputs = {
        ...inputs,
        service: 'byfile',
        type: 'exec',
        args: `:8091\n${file}`,
        'pid-file': file,
        'health-checks': 'http://127.0.0.1:8091/healthz 200',
      };
      expect((await release('one')).code).toBe(0);
      const load = startLoad(`http://${host.address}:8091`);
      const done = await release('two');
      expect(done.outputs['state']).toBe('healthy');
      expect(evidenceOf(done)).toMatchObject({ entered: 'upgrade' });
      expect((await load.end()).failed).toEqual({});
      expect((await fetchJson(`http://${host.address}:8091`)).body).toMatchObject({ version: 'two' });
    });
  });
});
