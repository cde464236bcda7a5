import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { actionMain } from '../action-main.ts';
import { freePort, httpServer, tcpServer } from '../core/health/servers.ts';
import { makeAuthority, type Pair, selfSigned } from './certificates.ts';
import { describeWith } from './lab.ts';
import { verify } from './verify-health.ts';

describe('verify-health on endpoints', () => {
  test('all healthy: verified, with report, JUnit and summary', async () => {
    await using server = await httpServer((_, response) => response.end('{"status": "ok"}'));
    const checks = `- ${server.url} 200 within 2s\n- {url: "${server.url}", json: {$.status: ok}}\n- tcp: localhost:${server.port}`;
    const done = await verify({ checks, junit: 'out/junit.xml' }, undefined, { read: 'out/junit.xml' });
    expect(done).toMatchObject({
      code: 0,
      outputs: { verdict: 'verified' },
      report: { identity: 'unknown', reasons: [] },
    });
    expect(done.report.findings.map(finding => finding.attempts)).toEqual([3, 3, 3]);
    expect(done.file).toContain('tests="3" failures="0" errors="0"');
    expect(done.summary).toContain('```mermaid');
    expect(done.outputs['release']).toBeUndefined();
  });

  test('a failure names phases, addresses and the head of the body, and no secret', async () => {
    await using server = await httpServer((_, response) => {
      response.writeHead(503).end('{"error": "no database", "password": "letmein-please"}\n::error::from the server');
    });
    const url = server.url.replace('127.0.0.1', 'localhost');
    const checks = `[{"url": "${url}?token=in-the-url", "headers": {"Authorization": "Bearer in-the-header"}}]`;
    const done = await verify({ checks, deadline: '600ms' });
    expect(done).toMatchObject({ code: 1, outputs: { verdict: 'failed' }, report: { reasons: ['status'] } });
    expect(done.log).toMatch(/::error::endpoints failed its verification: .*status 503 instead of 2xx/);
    expect(done.log).toMatch(/phases: DNS .*connect .*first byte/);
    expect(done.log).toContain('127.0.0.1 (IPv4)');
    expect(done.log).toContain('| {"error": "no database"');
    expect(done.log.match(/^::error::/gm)).toHaveLength(1);
    for (const text of [done.log, done.summary, JSON.stringify(done.report)]) {
      for (const secret of ['letmein-please', 'in-the-url', 'in-the-header']) expect(text.includes(secret)).toBe(false);
    }
  });

  test('healthy, but too late for its hold: inconclusive, which fails and says so', async () => {
    await using server = await httpServer((_, response) => response.end());
    const done = await verify({ checks: server.url, deadline: '700ms', successes: '40' });
    expect(done).toMatchObject({ code: 1, outputs: { verdict: 'inconclusive' }, report: { reasons: ['deadline'] } });
    expect(done.log).toContain('the verdict is inconclusive');
  });

  test('mode: wait waits through what verify takes for final', async () => {
    let status = 401;
    await using server = await httpServer((_, response) => response.writeHead(status).end());
    const failed = await verify({ checks: server.url, deadline: '20s' });
    expect(failed).toMatchObject({ code: 1, report: { findings: [{ attempts: 1, reason: 'status' }] } });
    setTimeout(() => {
      status = 200;
    }, 1200);
    const waited = await verify({ checks: server.url, mode: 'wait', deadline: '20s', successes: '1' });
    expect(waited).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
  });

  test('mode: watch looks for its time and judges by availability', async () => {
    let count = 0;
    await using server = await httpServer((_, response) => response.writeHead(count++ === 3 ? 503 : 200).end());
    const inputs = { checks: server.url, mode: 'watch', 'watch-for': '2s', period: '100ms' };
    const strict = await verify(inputs);
    expect(strict).toMatchObject({ code: 1, report: { reasons: ['availability'] } });
    expect(strict.summary).toContain('availability (%)');
    count = 0;
    expect(await verify({ ...inputs, availability: '90%' })).toMatchObject({
      code: 0,
      outputs: { verdict: 'verified' },
    });
  });

  test('a check that only warns is shown, and fails nothing; what depends on a failed one is not tried', async () => {
    await using server = await httpServer((_, response) => response.end());
    const warns = await verify({ checks: `${server.url}\ntcp 127.0.0.1:${await freePort()} warn-only` });
    expect(warns).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
    expect(warns.summary).toContain('⚠️ warned');
    const checks = `- {tcp: "127.0.0.1:${await freePort()}", name: db, failures: 2}\n- {url: "${server.url}", depends-on: db}`;
    const done = await verify({ checks });
    expect(done).toMatchObject({ code: 1, report: { verdict: 'failed', reasons: ['refused', 'depends-on'] } });
  });

  test('a command as a check', async () => {
    const good = await verify({ checks: '- {command: [node, --version], matches: ^v2}' });
    expect(good).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
    const bad = await verify({ checks: 'command node --no-such-flag', deadline: '3s' });
    expect(bad).toMatchObject({ code: 1, report: { reasons: ['exit'] } });
  });

  test('a progress line every five seconds while waiting', async () => {
    const checks = `http://127.0.0.1:${await freePort()}/`;
    const done = await verify({ checks, deadline: '5500ms' });
    expect(done.log).toMatch(
      /5(\.0)?s of 5\.5s: 0 of 1 healthy; waiting for http:.*refused the connection \(\d+ attempts\)/,
    );
  }, 20_000);

  test('forbid-private', async () => {
    await using server = await httpServer((_, response) => response.end());
    const done = await verify({ checks: server.url, 'forbid-private': 'true' });
    expect(done).toMatchObject({ code: 1, report: { reasons: ['private'] } });
  });

  test('bad input is one line, nothing is written, exit 1', async () => {
    const done = await verify({ checks: 'https://h/x 200 wihtin 3s', deadline: '30', perriod: '1s' });
    expect(done.code).toBe(1);
    const [error, ...more] = done.log.match(/^::error::.*$/gm) ?? [];
    expect(more).toEqual([]);
    expect(error).toContain('input "checks"');
    expect(error).toContain('input "deadline" is "30"');
    expect(error).toContain('did you mean "period"');
    expect(done.outputs).toEqual({});
  });

  test('without a record: one of the repository, and no other is overwritten', async () => {
    await using server = await httpServer((_, response) => response.end('{"version": "v1.4.0"}'));
    const folder = await mkdtemp(join(tmpdir(), 'slipway-git-'));
    const git = (...args: string[]) =>
      run(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder, timeout: 20_000 });
    await git('init', '-q');
    await git('commit', '-q', '--allow-empty', '-m', 'x');
    await git('tag', 'v1.4.0');
    const inputs = { checks: server.url, reported: server.url, 'working-directory': folder };
    const done = await verify(inputs, undefined, { env: { GITHUB_REPOSITORY: 'acme/hello' } });
    expect(done).toMatchObject({ code: 0, report: { identity: 'reported' } });
    const file = join(folder, 'slipway-out/release.json');
    expect(done.outputs['release']).toBe(file);
    const written = await readFile(file, 'utf8');
    expect(JSON.parse(written)).toMatchObject({
      name: 'hello',
      version: 'v1.4.0',
      verification: { verdict: 'verified' },
    });
    await git('tag', '-d', 'v1.4.0');
    const again = await verify({ checks: server.url, 'working-directory': folder });
    expect(again.code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(written);
    await rm(folder, { recursive: true });
  }, 20_000);

  test('cancelled: ends at once with the reason', async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await tcpServer(() => asked.resolve());
    const main = actionMain('verify-health');
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], INPUT_CHECKS: server.url, 'INPUT_WORKING-DIRECTORY': tmpdir() },
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (log += chunk));
    const ended = new Promise<[number | null, number]>(resolve =>
      child.on('close', code => resolve([code, performance.now()])),
    );
    await asked.promise;
    const began = performance.now();
    child.kill('SIGINT');
    const [code, at] = await ended;
    expect(code).toBe(1);
    expect(at - began).toBeLessThan(4000); // an attempt has 5 s
    expect(log).toContain('cancelled by SIGINT');
  }, 20_000);
});

await describeWith('package:openssl', 'verify-health and certificates', () => {
  let folder: string;
  let env: Record<string, string>;
  const pairs: Record<string, Pair> = {};
  const day = 86_400_000;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-tls-'));
    const authority = await makeAuthority(folder);
    const [past, now, later] = [new Date(Date.now() - 9 * day), new Date(Date.now() - day), new Date(Date.now() + day)];
    pairs['good'] = await authority.sign('good', 'localhost', now, later);
    pairs['expired'] = await authority.sign('expired', 'localhost', past, now);
    pairs['misnamed'] = await authority.sign('misnamed', 'other.test', now, later);
    pairs['self'] = await selfSigned(folder, 'self', 'localhost');
    env = { NODE_EXTRA_CA_CERTS: authority.certificate };
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const withServer = async <T>(name: string, use: (url: string) => Promise<T>): Promise<T> => {
    const { key, certificate } = pairs[name]!;
    const server = createTlsServer(
      { key: await readFile(key), cert: await readFile(certificate) },
      (_, response) => void response.end('ok'),
    );
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      return await use(`https://localhost:${(server.address() as { port: number }).port}/`);
    } finally {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  };

  test('a good one passes', async () => {
    const done = await withServer('good', checks => verify({ checks }, undefined, { env }));
    expect(done).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
  });

  test.each([
    ['self', 'self-signed'],
    ['expired', 'it has expired'],
    ['misnamed', 'it is not for localhost (for other.test'],
  ])('%s: refused at once, and shown', async (name, words) => {
    const done = await withServer(name, checks => verify({ checks }, undefined, { env }));
    expect(done).toMatchObject({ code: 1, report: { reasons: ['tls'], findings: [{ attempts: 1 }] } });
    expect(done.log).toContain(words);
    expect(done.log).toMatch(/certificate: for .*until \d{4}-/);
  });

  test('insecure accepts it and still shows it', async () => {
    const done = await withServer('self', url => verify({ checks: `[{"url": "${url}", "insecure": true}]` }));
    expect(done).toMatchObject({
      code: 0,
      report: { findings: [{ evidence: { certificate: { subject: 'localhost' } } }] },
    });
  });
});

await describeWith('package:nginx-light', 'verify-health and nginx', () => {
  let folder: string;
  let port: number;
  let nginx: ReturnType<typeof spawn>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-nginx-'));
    port = await freePort();
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      name => `${name}_temp_path ${folder}/${name};`,
    );
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${paths.join(' ')}
  server { listen 127.0.0.1:${port}; listen [::1]:${port};
    location = /healthz { default_type application/json; return 200 '{"status":"ok"}'; }
    location = /moved { return 301 /healthz; }
    location = /circle { return 302 /circle; }
    location = /gone { return 410; }
    location = /down { proxy_pass http://127.0.0.1:1; } } }
`,
    );
    nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  }, 60_000);
  afterAll(async () => {
    const ended = new Promise(resolve => nginx.on('close', resolve));
    nginx.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });

  test('status, redirect, JSON, IPv6', async () => {
    const checks = `- url: http://localhost:${port}/moved\n  status: 200\n  json: {$.status: ok}\n- http://[::1]:${port}/healthz\n- http://127.0.0.1:${port}/moved 301`;
    expect(await verify({ checks })).toMatchObject({ code: 0, outputs: { verdict: 'verified' } });
  });

  test('a circle and a 410 end at once, a 502 is waited for', async () => {
    const checks = ['circle', 'gone', 'down'].map(path => `http://localhost:${port}/${path}`).join('\n');
    const done = await verify({ checks, deadline: '2s' });
    expect(done.code).toBe(1);
    expect(done.report.findings.map(finding => [finding.reason, finding.attempts > 3])).toEqual([
      ['redirect', false],
      ['status', false],
      ['status', true],
    ]);
  });
});

await describeWith('registry', 'verify-health and addresses', lab => {
  const [address = ''] = lab.registry.host.split(':');

  test('forbid-private: a redirect to this machine itself is not followed', async () => {
    if (address === '127.0.0.1') throw new Error('the lab has no address of its own here: run it as root');
    let reached = 0;
    await using inner = await httpServer((_, response) => response.end(`${reached++}`));
    await using outer = await httpServer(
      (_, response) => response.writeHead(302, { location: inner.url }).end(),
      address,
    );
    const done = await verify({ checks: outer.url, 'forbid-private': 'true' });
    expect(done).toMatchObject({
      code: 1,
      report: { reasons: ['private'], findings: [{ failure: { redirects: [inner.url] } }] },
    });
    expect(reached).toBe(0);
    expect(await verify({ checks: outer.url })).toMatchObject({ code: 0 });
  });
});
