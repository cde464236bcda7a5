import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ProbeOptions, parseChecks, probe } from '../../src/core/health/index.ts';
import { freePort, tcpServer } from '../core/health/servers.ts';
import { type Authority, makeAuthority, type Pair } from './certificates.ts';
import { describeWith } from './lab.ts';

const look = (text: string, options: ProbeOptions = {}) => probe(parseChecks(text)[0]!, { timeout: 3000, ...options });
const day = 86_400_000;

await describeWith(['package:nginx-light', 'package:tinyproxy-bin', 'package:openssl'], 'checks against nginx', () => {
  let folder: string;
  let authority: Authority;
  let ended: Promise<unknown>[];
  const ports: Record<string, number> = {};
  const children: ReturnType<typeof spawn>[] = [];
  let ca: string;
  let client: Pair;
  let good: Pair;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-nginx-'));
    authority = await makeAuthority(folder);
    ca = `ca ${authority.certificate}`;
    const from = new Date(Date.now() - day);
    good = await authority.sign('good', 'localhost', from, new Date(Date.now() + 10.5 * day));
    client = await authority.sign('client', 'probe', from, new Date(Date.now() + day));
    for (const name of ['h2', 'h1', 'mutual', 'old', 'plain', 'proxy']) ports[name] = await freePort();
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      name => `${name}_temp_path ${folder}/${name};`,
    );
    const pair = `ssl_certificate ${good.certificate}; ssl_certificate_key ${good.key};`;
    const page = `location / { default_type application/json; add_header X-Version v2; return 200 '{"status":"ok","protocol":"$server_protocol","client":"$ssl_client_s_dn"}'; }`;
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http { access_log off; ${temp.join(' ')}
  server { listen 127.0.0.1:${ports['h2']} ssl http2; ${pair} ${page} }
  server { listen 127.0.0.1:${ports['h1']} ssl; ssl_protocols TLSv1.3; ${pair} ${page} }
  server { listen 127.0.0.1:${ports['mutual']} ssl; ${pair} ssl_client_certificate ${authority.certificate}; ssl_verify_client on; ${page} }
  server { listen 127.0.0.1:${ports['old']} ssl; ssl_protocols TLSv1.2; ${pair} ${page} }
  server { listen 127.0.0.1:${ports['plain']}; listen unix:${folder}/nginx.sock; ${page} } }
`,
    );
    await writeFile(
      join(folder, 'tinyproxy.conf'),
      `Port ${ports['proxy']}\nListen 127.0.0.1\nTimeout 10\nMaxClients 20\nBasicAuth me secret\n`,
    );
    children.push(
      spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { stdio: 'ignore' }),
      spawn('tinyproxy', ['-d', '-c', join(folder, 'tinyproxy.conf')], { stdio: 'ignore' }),
    );
    ended = children.map(child => new Promise(resolve => child.on('close', resolve)));
    for (const name of ['plain', 'proxy']) {
      for (let tries = 0; !(await look(`tcp 127.0.0.1:${ports[name]}`)).ok; tries++) {
        if (tries > 100) throw new Error(`${name} does not start`);
        await pause(50);
      }
    }
  }, 90_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(ended);
    await rm(folder, { recursive: true });
  });

  const https = (name: string) => `https://localhost:${ports[name]}/`;

  test.each([
    ['http 2', 'h2', 'HTTP/2.0'],
    ['http auto', 'h2', 'HTTP/2.0'],
    ['http auto', 'h1', 'HTTP/1.1'],
    ['', 'h2', 'HTTP/1.1'],
  ])('%s at %s: %s', async (version, name, spoken) => {
    const seen = await look(
      `${https(name)} 200 ${version} json $.protocol=${spoken} answer-headers "x-version: v2" ${ca}`,
    );
    expect(seen).toMatchObject({ ok: true, certificate: { names: ['localhost'] } });
  });

  test('HTTP/2 of a server that has none', async () => {
    const seen = await look(`${https('h1')} http 2 ${ca}`);
    expect(seen).toMatchObject({ ok: false });
    expect(['protocol', 'tls']).toContain(seen.reason);
  });

  test('a client certificate', async () => {
    expect(await look(`${https('mutual')} ${ca}`)).toMatchObject({ ok: false, reason: 'status', status: 400 });
    const own = `certificate ${client.certificate} key ${client.key}`;
    expect(await look(`${https('mutual')} ${ca} ${own} contains CN=probe`)).toMatchObject({ ok: true });
  });

  test('TLS: chain, name, days and protocol', async () => {
    const place = `localhost:${ports['h1']}`;
    const good = await look(`tls ${place} valid-for 9d ${ca}`);
    expect(good).toMatchObject({ ok: true, chain: [{ subject: 'Test Authority' }] });
    expect(good.detail).toMatch(/^TLSv1.3, certificate for localhost, valid for 10 more days$/);
    const soon = await look(`tls ${place} valid-for 14d ${ca}`);
    expect(soon).toMatchObject({ ok: false, reason: 'tls', retriable: false });
    expect(soon.detail).toMatch(/the certificate for localhost ends in 10 days, on .*; wanted: valid for 14 days/);
    const own = await look(`tls ${place}`);
    expect(own).toMatchObject({
      ok: false,
      reason: 'tls',
      certificate: { subject: 'localhost', issuer: 'Test Authority' },
    });
    const name = await look(`tls 127.0.0.1:${ports['h1']} ${ca}`);
    expect(name.detail).toContain('it is not for 127.0.0.1');
    expect(await look(`tls 127.0.0.1:${ports['h1']} server-name localhost ${ca}`)).toMatchObject({ ok: true });
    const old = await look(`tls localhost:${ports['old']} protocol 1.3 ${ca}`);
    expect(old).toMatchObject({ ok: false, reason: 'tls', retriable: false });
    expect(old.detail).toContain('speaks no such version of TLS');
    expect(await look(`tls localhost:${ports['old']} protocol 1.2 ${ca}`)).toMatchObject({ ok: true });
    expect(await look(`tls localhost:${ports['plain']}`)).toMatchObject({ ok: false, reason: 'tls' });
  });

  test('STARTTLS in a dialogue', async () => {
    const { key, certificate } = good;
    const options = { isServer: true, key: await readFile(key), cert: await readFile(certificate) };
    await using mail = await tcpServer(socket => {
      socket.write('220 mail ESMTP\r\n');
      socket.on('data', data => {
        if (data.toString().startsWith('EHLO')) socket.write('250-mail\r\n250 STARTTLS\r\n');
        if (!data.toString().startsWith('STARTTLS')) return;
        socket.removeAllListeners('data');
        socket.write('220 go ahead\r\n', () => {
          const secured = new TLSSocket(socket, options);
          secured.on('error', () => undefined);
          secured.on('data', line => secured.end(`221 ${line.toString().trim()} over TLS\r\n`));
        });
      });
    });
    const turns = [
      '{expect: ^220, send: "EHLO probe\\r\\n"}',
      '{expect: STARTTLS, send: "STARTTLS\\r\\n"}',
      '{expect: ^220}',
      '{starttls: true, send: "QUIT\\r\\n"}',
      '{expect: ^221 QUIT over TLS}',
    ];
    const say = (more: string) => look(`- {tcp: "localhost:${mail.port}", dialogue: [${turns.join(', ')}]${more}}`);
    expect(await say(`, ca: ${authority.certificate}`)).toMatchObject({
      ok: true,
      certificate: { subject: 'localhost' },
    });
    expect(await say('')).toMatchObject({ ok: false, reason: 'tls' });
  });

  test('over a unix socket', async () => {
    expect(await look(`http://unix:${folder}/nginx.sock:/healthz 200 json $.status=ok`)).toMatchObject({ ok: true });
  });

  test('through tinyproxy: HTTP, HTTPS by a tunnel, its refusals', async () => {
    const proxy = `proxy http://me:secret@127.0.0.1:${ports['proxy']}`;
    expect(await look(`http://127.0.0.1:${ports['plain']}/ json $.status=ok ${proxy}`)).toMatchObject({ ok: true });
    expect(await look(`${https('h2')} http 2 json $.protocol=HTTP/2.0 ${ca} ${proxy}`)).toMatchObject({ ok: true });
    expect(await look(`tls localhost:${ports['h1']} ${ca} ${proxy}`)).toMatchObject({ ok: true });
    const wrong = await look(`${https('h2')} ${ca} ${proxy.replace('secret', 'wrong')}`);
    expect(wrong).toMatchObject({ ok: false, reason: 'proxy' });
    expect(`${JSON.stringify(wrong)}`).not.toContain('wrong');
  });
});
