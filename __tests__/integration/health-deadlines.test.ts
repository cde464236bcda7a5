import { generateKeyPairSync } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as listen, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as listenTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gate, parseEveryCheck, probe } from '../../src/core/health/index.ts';
import { Places } from '../../src/verify-health/reach.ts';
import { type Authority, makeAuthority, type Pair } from './certificates.ts';
import { describeWith } from './lab.ts';
import { verify } from './verify-health.ts';

/** Milliseconds that an attempt or a gate has, and what a busy machine may add. The benchmark asks for 100. */
const [limit, margin] = [300, 1000];

/** What a server does with a connection that it has taken. */
const silent = (): void => undefined;
/** A byte at a time, and never the end. */
const drip = (begin: string) => (socket: Socket) => {
  socket.write(begin);
  const timer = setInterval(() => socket.write('x'), 100);
  socket.on('close', () => clearInterval(timer));
};
/** Answers the lines of a mail server up to the one where TLS begins. */
const startTls = (socket: Socket) => {
  socket.write('220 mail ESMTP\r\n');
  socket.on('data', data => void (/STARTTLS/.test(data.toString()) && socket.write('220 go ahead\r\n')));
};

await describeWith(['package:openssl'], 'nothing hangs beyond its deadline', () => {
  let folder: string;
  let pair: Pair;
  let authority: Authority;
  let places: Places;
  /** Ports and paths by what is behind them. */
  const at: Record<string, string> = {};
  const ends: (() => void)[] = [];

  const serve = async (name: string, server: Server, where: 0 | string = 0) => {
    const sockets = new Set<Socket>();
    server.on('connection', socket => {
      sockets.add(socket.on('error', silent).on('close', () => sockets.delete(socket)));
      socket.resume();
    });
    await new Promise<void>(resolve =>
      server.listen(where === 0 ? { port: 0, host: '127.0.0.1' } : { path: where }, resolve),
    );
    at[name] = typeof where === 'string' ? where : String((server.address() as { port: number }).port);
    ends.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-deadline-'));
    authority = await makeAuthority(folder);
    pair = await authority.sign('slow', '127.0.0.1', new Date(Date.now() - 60_000), new Date(Date.now() + 86_400_000));
    const tls = { key: await readFile(pair.key), cert: await readFile(pair.certificate) };
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
    await serve('silent', listen(silent));
    await serve('unix', listen(silent), join(folder, 'silent.sock'));
    await serve('bytes', listen(drip('')));
    await serve('unix-bytes', listen(drip('')), join(folder, 'bytes.sock'));
    await serve('headers', listen(drip(`${head}x-slow: `)));
    await serve('body', listen(drip(`${head}content-length: 100000\r\n\r\n{`)));
    await serve('mail', listen(startTls));
    await serve('tls-silent', listenTls(tls, silent));
    await serve('tls-body', listenTls(tls, drip(`${head}content-length: 100000\r\n\r\n{`)));
    const names = createSocket('udp4').on('message', silent);
    await new Promise<void>(resolve => names.bind(0, '127.0.0.1', resolve));
    at['dns'] = String(names.address().port);
    ends.push(() => names.close());
    // a systemctl and a podman that hang
    for (const name of ['systemctl', 'podman']) {
      await writeFile(join(folder, name), '#!/bin/sh\nexec sleep 60\n');
      await chmod(join(folder, name), 0o755);
    }
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const kubeconfig = JSON.stringify({
      'current-context': 'a',
      contexts: [
        { name: 'a', context: { cluster: 'silent', user: 'none' } },
        { name: 'b', context: { cluster: 'silent', user: 'hangs' } },
      ],
      clusters: [{ name: 'silent', cluster: { server: `http://127.0.0.1:${at['silent']}` } }],
      users: [
        { name: 'none', user: {} },
        {
          name: 'hangs',
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: 'sleep',
              args: ['60'],
              interactiveMode: 'Never',
            },
          },
        },
      ],
    });
    const ssh = {
      'private-key': key,
      'host-fingerprints': `SHA256:${'A'.repeat(43)}`,
      'ssh-agent': false,
      'jump-hosts': [],
    };
    process.env['PATH'] = `${folder}:${process.env['PATH']}`;
    places = new Places({ ssh, become: 'none', kubeconfig, context: undefined }, new AbortController().signal);
  }, 60_000);
  afterAll(async () => {
    process.env['PATH'] = process.env['PATH']!.replace(`${folder}:`, '');
    await places[Symbol.asyncDispose]();
    for (const end of ends) end();
    await rm(folder, { recursive: true });
  });

  describe('each kind of check: one attempt, a gate, and a watch', () => {
    test.each<[string, (port: (name: string) => string) => string]>([
      ['http, silence', port => `http://${port('silent')}/`],
      ['http, headers without end', port => `http://${port('headers')}/`],
      ['http, a body without end', port => `http://${port('body')}/`],
      ['http by a unix socket', () => `http://unix:${at['unix']}:/healthz`],
      ['http/2, silence', port => `http://${port('silent')}/ http 2`],
      ['https, silence instead of a handshake', port => `https://${port('silent')}/ insecure`],
      ['https, silence after it', port => `https://${port('tls-silent')}/ insecure`],
      ['https, a body without end', port => `https://${port('tls-body')}/ insecure`],
      ['http by a proxy that is silent', port => `http://app.test/ proxy http://${port('silent')}`],
      ['https by a proxy that never connects', port => `https://app.test/ proxy http://${port('headers')}`],
      ['https by a proxy whose TLS is silent', port => `https://app.test/ proxy https://${port('silent')}`],
      ['tcp, silence', port => `tcp ${port('silent')} expect "^220"`],
      ['tcp, a byte at a time', port => `tcp ${port('bytes')} expect "^220"`],
      ['tcp by a unix socket', () => `tcp unix:${at['unix-bytes']} expect "^220"`],
      [
        'STARTTLS, then silence',
        port =>
          `- {tcp: "${port('mail')}", dialogue: [{expect: "^220", send: "STARTTLS\\r\\n"}, {expect: "^220"}, {starttls: true}, {expect: x}]}`,
      ],
      ['tls, silence', port => `tls ${port('silent')}`],
      ['grpc, silence', port => `grpc ${port('silent')}`],
      ['grpc with TLS, silence after the handshake', port => `grpc ${port('tls-silent')} tls insecure`],
      ['grpc Watch, silence', port => `grpc ${port('silent')} watch`],
      ['dns, a server that never answers', () => `dns app.test type A server 127.0.0.1:${at['dns']}`],
      ['prometheus, silence', port => `prometheus http://${port('silent')} query up above 0`],
      ['prometheus, a body without end', port => `prometheus http://${port('body')} query up above 0`],
      ['image, a registry that is silent', port => `image ${port('silent')}/a/b:v1 insecure`],
      ['image, a manifest without end', port => `image ${port('body')}/a/b:v1 insecure`],
      ['workload, an API server that is silent', () => 'workload deployment/a namespace b'],
      ['workload, credentials that hang', () => 'workload deployment/a namespace b context b'],
      ['unit, a systemctl that hangs', () => 'unit a.service'],
      ['unit on a host that is silent', port => `unit a.service on me@${port('silent')}`],
      ['container, a podman that hangs', () => 'container a runtime podman'],
      ['command', () => 'command sleep 60'],
      ['command that ignores its end', () => `- {command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]}`],
      ['command whose grandchild keeps the pipe', () => `- {command: [sh, -c, "sleep 60 & exit 0"]}`],
      ['command whose grandchild has left the group', () => `- {command: [sh, -c, "setsid sleep 3 & exit 0"]}`],
      [
        'command on a host that is silent',
        port => `command true\n- {command: ["true"], on: "me@${port('silent')}"}`.split('\n')[1]!,
      ],
    ])('%s', async (_, text) => {
      const [check] = parseEveryCheck(text(name => `127.0.0.1:${at[name]}`));
      const timed = async <T>(work: Promise<T>) => {
        const began = performance.now();
        return { result: await work, ms: performance.now() - began };
      };
      const [one, gated, watched] = await Promise.all([
        timed(probe(check!, { timeout: limit, reach: places })),
        timed(gate([check!], { deadline: limit, reach: places })),
        timed(gate([check!], { deadline: limit, availability: 1, reach: places })),
      ]);
      expect(one.result).toMatchObject({ ok: false, reason: 'timeout', retriable: true });
      expect(one.result.detail).toMatch(/^no answer within 300ms: time ran out /);
      expect(gated.result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'timeout', attempts: 1 });
      expect(watched.result.checks[0]).toMatchObject({ verdict: 'failed', reason: 'availability' });
      for (const { ms } of [one, gated, watched]) {
        expect(ms).toBeGreaterThan(limit - 20);
        expect(ms).toBeLessThan(limit + margin);
      }
    });
  });

  test('the action ends too: nothing that hangs is waited for', async () => {
    const checks = [
      `- {command: [sh, -c, "trap '' TERM; setsid sleep 20 & sleep 20"]}`,
      `- {unit: a.service, on: "me@127.0.0.1:${at['silent']}"}`,
      `- {workload: deployment/a, namespace: b}`,
      `- {url: "http://127.0.0.1:${at['body']}/"}`,
    ].join('\n');
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const cluster = [{ name: 'a', cluster: { server: `http://127.0.0.1:${at['silent']}` } }];
    const context = [{ name: 'a', context: { cluster: 'a' } }];
    const kubeconfig = JSON.stringify({ 'current-context': 'a', contexts: context, clusters: cluster });
    const began = performance.now();
    const done = await verify({
      checks,
      kubeconfig,
      'private-key': key,
      'host-fingerprints': `SHA256:${'A'.repeat(43)}`,
      deadline: '2s',
      'attempt-timeout': '1m',
    });
    const ms = performance.now() - began;
    expect(done.report.findings.map(one => [one.verdict, one.reason])).toEqual(Array(4).fill(['failed', 'timeout']));
    expect(ms).toBeLessThan(2000 + 10_000); // its start and its end are its own; the twenty seconds of the programs are not
  }, 60_000);
});
