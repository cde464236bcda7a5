import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import type { Mailbox } from '../../src/release/notify/mailbox.ts';
import { freePort } from '../core/health/servers.ts';
import { news } from '../release/notify/support.ts';
import { type Authority, makeAuthority, type Pair } from './certificates.ts';
import { describeWith } from './lab.ts';

/** Milliseconds that a mail has, all tries together. */
const within = 15_000;
const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);

/** A mail server; its first sentence to each sender is "not now". */
async function mailServer({ certificate, key }: Pair, how: 'starttls' | 'smtps' | 'none') {
  const port = await freePort();
  const program = join(import.meta.dirname, 'mail-server.py');
  const child = spawn('/usr/bin/python3', [program, certificate, key, how, String(port)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return {
    port,
    taken: async () => JSON.parse(String((await lines.next()).value)),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await new Promise(resolve => child.once('exit', resolve));
    },
  };
}

await describeWith('package:python3-aiosmtpd', 'mail to a real server', () => {
  let folder: string;
  let authority: Authority;
  let pair: Pair;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-mail-'));
    authority = await makeAuthority(folder);
    const day = 86_400_000;
    pair = await authority.sign('mail', 'localhost', new Date(Date.now() - day), new Date(Date.now() + day));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** In a process of its own: authorities are read when it begins. */
  async function send(mailbox: Partial<Mailbox>, trusting: string | undefined, most = within) {
    const box: Mailbox = {
      to: ['ops@example.com'],
      from: 'bot@example.com',
      host: 'localhost',
      port: 0,
      tls: 'smtps',
      ...mailbox,
    };
    const program = `const { mail } = await import(${source('release/notify/email.ts')});
      const patience = { within: ${most}, signal: new AbortController().signal };
      await mail(${JSON.stringify(box)}, ${JSON.stringify(news)}, 'id-1', patience).then(
        () => console.log('sent'), error => console.log(error.message));`;
    const env = { PATH: process.env['PATH'], ...(trusting === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusting }) };
    const argv = [process.execPath, '--no-warnings', '--input-type=module', '-e', program] as const;
    return (await run(argv, { env, timeout: 30_000 })).stdout.trim();
  }
  const login = { user: 'bot', pass: 'right password' };

  test.each(['starttls', 'smtps'] as const)('by %s, with a login; "not now" is tried again', async tls => {
    await using server = await mailServer(pair, tls);
    expect(await send({ tls, port: server.port, login }, authority.certificate)).toBe('sent');
    const taken = await server.taken();
    expect(taken).toMatchObject({ from: 'bot@example.com', to: ['ops@example.com'], tls: true, login: true });
    expect(taken.text).toContain('Subject: hello v1.2.3 in production: rolled back\r\n');
    expect(taken.text).toContain('Message-ID: <id-1@slipway>\r\n');
    expect(taken.text).toContain('Why: the chain stopped at deploy-ssh-systemd\r\n');
  });

  test('a relay of this machine needs no TLS', async () => {
    await using server = await mailServer(pair, 'none');
    expect(await send({ tls: 'none', port: server.port, host: '127.0.0.1' }, undefined)).toBe('sent');
    expect(await server.taken()).toMatchObject({ tls: false, login: false });
  });

  test('nothing is sent, and no password told, to a server without TLS or with a certificate of nobody', async () => {
    await using plain = await mailServer(pair, 'none');
    expect(await send({ tls: 'starttls', port: plain.port, login }, authority.certificate)).toMatch(/STARTTLS/);
    await using unknown = await mailServer(pair, 'smtps');
    expect(await send({ port: unknown.port, login }, undefined)).toMatch(/certificate/);
  });

  test('a wrong password is final; whom the server does not know is named, the others get it', async () => {
    await using server = await mailServer(pair, 'smtps');
    const wrong = { ...login, pass: 'wrong password' };
    const refused = await send({ port: server.port, login: wrong }, authority.certificate);
    expect(refused).toMatch(/535/);
    expect(refused).not.toContain('wrong password');
    const to = ['nobody@example.com', 'ops@example.com'];
    expect(await send({ port: server.port, to }, authority.certificate)).toBe(
      'localhost does not take nobody@example.com',
    );
    expect(await server.taken()).toMatchObject({ to: ['ops@example.com'] });
  });

  test('a server that talks without end is given up in time', async () => {
    const endless = createServer(socket => {
      socket.write('220 here\r\n');
      const talking = setInterval(() => socket.write('250-and so on\r\n'), 100);
      socket.on('close', () => clearInterval(talking)).on('error', () => undefined);
    });
    await new Promise<void>(resolve => endless.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = endless.address() as AddressInfo;
      expect(await send({ tls: 'none', port, host: '127.0.0.1' }, undefined, 2000)).toMatch(/took longer than 2 s/);
    } finally {
      await new Promise(resolve => endless.close(resolve));
    }
  });
});
