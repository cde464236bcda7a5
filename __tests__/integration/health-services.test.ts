import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEveryCheck, probe } from '../../src/core/health/index.ts';
import { run } from '../../src/core/process.ts';
import { lookAtObjective } from '../../src/verify-health/objectives/look.ts';
import { objectives } from '../../src/verify-health/objectives/objective.ts';
import { Places } from '../../src/verify-health/reach.ts';
import { freePort } from '../core/health/servers.ts';
import { buildHello } from './hello.ts';
import { describeWith } from './lab.ts';
import { pushTinyImage, type TinyImage } from './tiny-image.ts';

const nobody = {
  ssh: { 'ssh-agent': false, 'jump-hosts': [] },
  become: 'none' as const,
  kubeconfig: undefined,
  context: undefined,
};
const places = new Places(nobody, new AbortController().signal);
afterAll(() => places[Symbol.asyncDispose]());
const look = (text: string, timeout = 5000) => probe(parseEveryCheck(text)[0]!, { timeout, reach: places });
const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';

async function until(ready: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; !(await ready()); tries++) {
    if (tries > 200) throw new Error(`${what} does not start`);
    await pause(50);
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise(resolve => child.once('close', resolve));
  if (child.exitCode === null && child.kill('SIGKILL')) await ended;
}

await describeWith('package:dnsmasq-base', 'DNS, asked of dnsmasq', () => {
  let server: string;
  let child: ChildProcess;
  beforeAll(async () => {
    server = `127.0.0.1:${await freePort()}`;
    const records = [
      '--host-record=app.test,192.0.2.1,2001:db8::1',
      '--address=/two.test/192.0.2.1',
      '--address=/two.test/192.0.2.2',
      '--cname=www.test,app.test',
      '--mx-host=app.test,mail.test,10',
      '--txt-record=app.test,v=spf1 -all',
      '--srv-host=_http._tcp.test,app.test,8080,1,2',
      '--ptr-record=1.2.0.192.in-addr.arpa,app.test',
      '--local=/test/',
    ];
    const own = [
      '--keep-in-foreground',
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--listen-address=127.0.0.1',
    ];
    const argv = [
      ...own,
      '--bind-interfaces',
      `--port=${server.split(':')[1]}`,
      '--pid-file=',
      '--user=root',
      ...records,
    ];
    child = spawn('dnsmasq', argv, { stdio: 'ignore' });
    await until(async () => (await look(`dns app.test server ${server}`, 500)).ok, 'dnsmasq');
  }, 30_000);
  afterAll(() => end(child));

  test.each([
    ['app.test', undefined, 'app.test A is 192.0.2.1'],
    ['app.test type AAAA answers 2001:db8::1', undefined, 'is 2001:db8::1'],
    ['two.test answers 192.0.2.1 answers 192.0.2.2 exact', undefined, 'is 192.0.2'],
    ['two.test answers 192.0.2.1 exact', 'answer', 'not wanted: 192.0.2.2'],
    ['app.test answers 192.0.2.9', 'answer', 'missing: 192.0.2.9'],
    ['www.test type CNAME answers APP.test.', undefined, 'is app.test'],
    ['app.test type MX answers "10 mail.test"', undefined, 'is 10 mail.test'],
    ['app.test type TXT answers "v=spf1 -all"', undefined, 'v=spf1'],
    ['_http._tcp.test type SRV answers "1 2 8080 app.test"', undefined, '8080'],
    ['192.0.2.1 type PTR answers app.test', undefined, 'is app.test'],
    ['gone.test absent', undefined, 'does not exist'],
    ['app.test absent', 'answer', 'wanted: no answer'],
    ['gone.test', 'dns', 'no such name: gone.test'],
    ['app.test type CAA', 'dns', 'no record of type CAA: app.test'],
    ['else.example', 'dns', 'REFUSED'],
  ])('%s', async (text, reason, words) => {
    const seen = await look(`dns ${text} server ${server}`);
    expect(seen.reason).toBe(reason);
    expect(seen.detail).toContain(words);
  });

  test('a name server that is not there, or that says nothing', async () => {
    expect(await look(`dns app.test server 127.0.0.1:${await freePort()}`)).toMatchObject({
      ok: false,
      reason: 'refused',
    });
    const began = performance.now();
    const silent = await look('dns app.test server 192.0.2.250', 400);
    expect(performance.now() - began).toBeLessThan(500);
    expect(silent.ok).toBe(false);
  });
});

await describeWith('package:prometheus', 'queries to Prometheus', () => {
  let folder: string;
  let url: string;
  let child: ChildProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-prometheus-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await writeFile(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 200ms }\nscrape_configs:\n- job_name: self\n  static_configs: [{ targets: ['127.0.0.1:${port}', '127.0.0.1:1'] }]\n`,
    );
    const argv = [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    child = spawn('prometheus', argv, { stdio: 'ignore' });
    await until(async () => (await look(`prometheus ${url} query "count(up)" equals 2`)).ok, 'prometheus');
  }, 60_000);
  afterAll(async () => {
    await end(child);
    await rm(folder, { recursive: true });
  });

  test.each([
    [`"up{instance=~\\".*:1\\"}" equals 0`, undefined, '0 in 1 samples, equal to 0'],
    ['up at-least 1', 'query', '1 of 2 samples: {__name__="up", instance="127.0.0.1:1", job="self"} is 0'],
    ['"up > 5" at-least 1', 'no-data', 'the query has no sample'],
    ['"sum(up)" above 0 below 2', undefined, '1 in 1 samples'],
    ['"1 + 1" equals 2', undefined, '2 in 1 samples'],
    ['"up[5m]" above 0', 'query', 'the result is a matrix; wanted: a vector or a scalar'],
    ['"sum(" above 0', 'query', 'Prometheus refuses the query'],
  ])('%s', async (text, reason, words) => {
    const seen = await look(`prometheus ${url} query ${text}`);
    expect(seen.detail).toContain(words);
    expect(seen.reason).toBe(reason);
  });

  test('objectives: a burn rate, no data, before and after', async () => {
    const text = (errors: string, more: string) => `
- name: queries
  prometheus: ${url}
  errors: sum(increase(prometheus_http_requests_total{${errors}}[$window]))
  total: sum(increase(prometheus_http_requests_total[$window]))
  ${more}`;
    const judged = async (yaml: string, ended = Date.now() - 3000) => {
      const [objective] = objectives.parse(yaml);
      const release = { began: ended - 1000, ended };
      return lookAtObjective(objective!, release, 6000, new AbortController().signal);
    };
    for (let index = 0; index < 50; index++) await fetch(`${url}/api/v1/query?query=up`);
    await pause(500);
    const burn = 'target: 99%\n  burn: 2 over 20s and 10s';
    const [good] = await judged(text('code=~"5.."', burn));
    expect(good).toMatchObject({ verdict: 'passed', detail: expect.stringContaining('burn rate 0.00') });
    expect(await judged(text('code="200"', burn))).toMatchObject([{ verdict: 'failed', reason: 'burning' }]);
    const none = text('code="200"', burn).replaceAll('prometheus_http_requests_total', 'no_such_metric');
    expect(await judged(none)).toMatchObject([{ verdict: 'failed', reason: 'no-data' }]);
    const soon = await judged(text('code=~"5.."', 'compare: 1h'));
    expect(soon).toMatchObject([{ verdict: 'inconclusive', reason: 'too-few-requests' }]);
    const change = await judged(text('code=~"5.."', 'compare: 2s'));
    expect(change).toMatchObject([{ name: 'queries, before and after', kind: 'objective' }]);
  }, 60_000);

  test('nobody there', async () => {
    expect(await look('prometheus http://127.0.0.1:1 query up above 0')).toMatchObject({
      ok: false,
      reason: 'refused',
    });
  });
});

await describeWith(['registry', 'go', 'peer:cosign'], 'images in a registry', lab => {
  let folder: string;
  let image: TinyImage;
  let reference: string;
  const name = `test/health-${process.pid}`;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-image-'));
    const { path } = await buildHello(lab.go, folder, 'v1');
    image = await pushTinyImage(lab.registry.url, name, path, arch);
    reference = `${image.repository}:v1`;
    const accept = 'application/vnd.oci.image.index.v1+json';
    const index = await fetch(`${lab.registry.url}/v2/${name}/manifests/${image.digest}`, { headers: { accept } });
    await fetch(`${lab.registry.url}/v2/${name}/manifests/v1`, {
      method: 'PUT',
      headers: { 'content-type': accept },
      body: Buffer.from(await index.arrayBuffer()),
    });
    const env = { ...process.env, COSIGN_PASSWORD: '', HOME: folder };
    const cosign = (...args: string[]) => run([lab['peer:cosign'], ...args], { cwd: folder, env, timeout: 60_000 });
    await cosign('generate-key-pair');
    await writeFile(join(folder, 'predicate.json'), JSON.stringify({ buildDefinition: {}, runDetails: {} }));
    const offline = ['--tlog-upload=false', '--use-signing-config=false', '--allow-http-registry', '--yes'];
    const what = [
      '--predicate',
      'predicate.json',
      '--type',
      'https://slsa.dev/provenance/v1',
      `${image.repository}@${image.digest}`,
    ];
    await cosign('attest', '--key', 'cosign.key', ...offline, ...what);
    const { generateKeyPairSync } = await import('node:crypto');
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    await writeFile(join(folder, 'other.pub'), other.export({ type: 'spki', format: 'pem' }));
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  test.each<[string, () => string, string | undefined, string]>([
    ['the digest behind a tag', () => `digest ${image.digest}`, undefined, 'sha256:'],
    ['another digest', () => `digest sha256:${'0'.repeat(64)}`, 'image', `instead of sha256:${'0'.repeat(64)}`],
    ['its platforms', () => `platforms linux/${arch}`, undefined, ''],
    ['a platform that is missing', () => 'platforms linux/s390x', 'image', 'missing: linux/s390x'],
    [
      'a statement signed by the key',
      () => `attestations provenance signed-by ${folder}/cosign.pub`,
      undefined,
      'provenance signed by the key',
    ],
    [
      'a statement signed by another key',
      () => `attestations provenance signed-by ${folder}/other.pub`,
      'attestation',
      'another key signed it',
    ],
    ['a statement that is missing', () => 'attestations sbom', 'attestation', 'is not attached'],
  ])('%s', async (_, keys, reason, words) => {
    const seen = await look(`image ${reference} insecure ${keys()}`);
    expect(seen.detail).toContain(words);
    expect(seen.reason).toBe(reason);
  });

  test('no such tag is waited for, a wrong reference is not', async () => {
    expect(await look(`image ${image.repository}:none insecure`)).toMatchObject({
      ok: false,
      reason: 'image',
      retriable: true,
    });
    expect(await look('image hello:v1')).toMatchObject({ ok: false, retriable: false });
  });
});

await describeWith(['go', 'package:podman', 'package:runc'], 'containers of podman', lab => {
  let folder: string;
  const names: string[] = [];
  const podman = (...args: string[]) =>
    run(['podman', '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args], { timeout: 60_000 });
  const start = async (name: string, ...args: string[]) => {
    names.push(`slipway-${name}-${process.pid}`);
    const limits = ['--network', 'host', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
    await podman('run', '-d', '--name', names.at(-1)!, ...limits, '--rootfs', ...args);
    return names.at(-1)!;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-container-'));
    const { path } = await buildHello(lab.go, folder, 'v1');
    await run(['cp', path, join(folder, 'hello')], { timeout: 10_000 });
  }, 60_000);
  afterAll(async () => {
    if (names.length > 0) await podman('rm', '--force', '--time', '0', ...names);
    await rm(folder, { recursive: true });
  }, 60_000);

  test('running, ended, and unknown', async () => {
    const name = await start('up', '--env', `HELLO_LISTEN=127.0.0.1:${await freePort()}`, folder, '/hello');
    expect(await look(`container ${name}`)).toMatchObject({ ok: true, anchor: expect.stringContaining('started') });
    expect(await look(`container ${name} runtime docker`)).toMatchObject({ ok: false });
    await podman('stop', '--time', '0', name);
    const ended = await look(`container ${name}`);
    expect(ended).toMatchObject({ ok: false, reason: 'container', retriable: true });
    expect(ended.detail).toMatch(/is (exited|stopped) with code \d+; wanted: running/);
    expect((await look('container no-such-container runtime podman')).detail).toContain('podman knows no container');
  }, 60_000);
});

describe('commands on this machine', () => {
  test.each([
    ['command true', undefined, 'exit code 0'],
    ['command sh -c "exit 3"', 'exit', 'exit code 3 instead of 0'],
    ['- {command: [sh, -c, "echo no >&2; exit 3"], exit: "1-3"}', undefined, 'exit code 3'],
    ['- {command: [echo, "a  b"], contains: "a  b", matches: "^a"}', undefined, 'exit code 0'],
    ['- {command: [echo, fine], contains: bad}', 'output', 'does not contain "bad"'],
    ['- {command: [echo, fine], lacks: fi}', 'output', 'matches /fi/'],
    ['command no-such-program-here', 'no-access', 'there is no such program'],
  ])('%s', async (text, reason, words) => {
    const seen = await look(text);
    expect(seen.detail).toContain(words);
    expect(seen.reason).toBe(reason);
  });

  test('one that hangs ends with its attempt, and no input of the action reaches it', async () => {
    process.env['INPUT_PRIVATE-KEY'] = 'hidden';
    try {
      const seen = await look('- {command: [env], lacks: hidden}');
      expect(seen.ok).toBe(true);
    } finally {
      delete process.env['INPUT_PRIVATE-KEY'];
    }
    const began = performance.now();
    expect(await look('command sleep 30', 300)).toMatchObject({ ok: false, reason: 'timeout' });
    expect(performance.now() - began).toBeLessThan(400);
  });
});
