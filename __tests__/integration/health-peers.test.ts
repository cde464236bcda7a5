import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseEveryCheck, probe } from '../../src/core/health/index.ts';
import { Places } from '../../src/verify-health/reach.ts';
import { httpServer, tcpServer } from '../core/health/servers.ts';
import { describeWith } from './lab.ts';

const look = (text: string, places: Places, timeout = 5000) =>
  probe(parseEveryCheck(text)[0]!, { timeout, reach: places });

const nobody = {
  privateKey: undefined,
  passphrase: undefined,
  knownHosts: undefined,
  hostFingerprints: undefined,
  become: 'none' as const,
  kubeconfig: undefined,
  context: undefined,
};

/**
 * The kinds of goss's gossfile (docs/gossfile.md at 489ebb1), each by a check on the host, true and false. Where goss reads
 * the host's state itself, the host's own programs are asked.
 */
await describeWith('host:host9', 'what goss checks on a host', lab => {
  const host = lab['host:host9'];
  const on = `on: "${host.user}@${host.address}:${host.port}"`;
  const keys = async () => ({
    privateKey: await readFile(host.privateKey, 'utf8'),
    passphrase: undefined,
    knownHosts: await readFile(host.knownHosts, 'utf8'),
    hostFingerprints: undefined,
    become: 'sudo-shell' as const,
    kubeconfig: undefined,
    context: undefined,
  });
  let opened: Places | undefined;
  const places = async () => (opened ??= new Places(await keys(), new AbortController().signal));
  afterAll(() => opened?.[Symbol.asyncDispose]());
  const command = (argv: string[], more = '') => `- {command: ${JSON.stringify(argv)}, ${on}${more}}`;

  test.each([
    ['addr', `tcp ${host.address}:${host.port}`, `tcp ${host.address}:9`],
    ['command', command(['sh', '-c', 'echo go; exit 3'], ', exit: 3, contains: go'), command(['false'])],
    [
      'file',
      command(['stat', '-c', '%a %U %F', '/etc/passwd'], ', matches: "^644 root regular file"'),
      command(['test', '-e', '/no/such']),
    ],
    ['group', command(['getent', 'group', 'root'], ', matches: "^root:x:0:"'), command(['getent', 'group', 'no-such'])],
    [
      'interface',
      command(['cat', '/sys/class/net/lo/mtu'], ', contains: "65536"'),
      command(['test', '-e', '/sys/class/net/none0']),
    ],
    [
      'kernel-param',
      command(['cat', '/proc/sys/kernel/ostype'], ', contains: Linux'),
      command(['cat', '/proc/sys/kernel/ostype'], ', contains: BSD'),
    ],
    ['mount', command(['findmnt', '--noheadings', '/proc'], ', contains: proc'), command(['findmnt', '/no/such'])],
    [
      'package',
      command(['dpkg-query', '-W', 'openssh-server'], ', matches: "\\\\s1:9"'),
      command(['dpkg-query', '-W', 'no-such-package']),
    ],
    [
      'port',
      command(['ss', '-Hltn', 'sport = :22'], ', contains: "LISTEN"'),
      command(['ss', '-Hltn', 'sport = :9'], ', contains: LISTEN'),
    ],
    ['process', command(['pgrep', '-x', 'systemd']), command(['pgrep', '-x', 'no-such'])],
    ['service', `- {unit: systemd-journald, ${on}}`, `- {unit: no-such, ${on}}`],
    [
      'service enabled',
      command(['systemctl', 'is-enabled', 'ssh']),
      command(['systemctl', 'is-enabled', 'debug-shell']),
    ],
    [
      'user',
      command(['getent', 'passwd', 'deploy'], ', contains: "/home/deploy"'),
      command(['getent', 'passwd', 'no-such']),
    ],
  ])('%s', async (_, yes, no) => {
    expect(await look(yes, await places())).toMatchObject({ ok: true });
    expect((await look(no, await places())).ok).toBe(false);
  });
});

/** The probes of blackbox_exporter's example.yml and CONFIGURATION.md (at e39d7d4); gRPC, TLS, DNS and proxies have files of their own. */
describe('what blackbox_exporter probes', () => {
  const none = new Places(nobody, new AbortController().signal);

  test('http_2xx, http_post_2xx, http_basic_auth, headers and body by patterns', async () => {
    await using server = await httpServer((request, response) => {
      const { method, headers } = request;
      const allowed = headers.authorization === `Basic ${Buffer.from('me:pw').toString('base64')}`;
      response.setHeader('last-modified', 'today').writeHead(request.url === '/auth' && !allowed ? 401 : 200);
      response.end(`${method} welcome`);
    });
    expect(await look(server.url, none)).toMatchObject({ ok: true });
    expect(await look(`POST ${server.url} body "{}" matches "^POST"`, none)).toMatchObject({ ok: true });
    expect(await look(`${server.url.replace('//', '//me:pw@')}auth`, none)).toMatchObject({ ok: true });
    expect(await look(`${server.url}auth`, none)).toMatchObject({ ok: false });
    expect(await look(`${server.url} lacks "Could not connect" answer-headers "Last-Modified: ."`, none)).toMatchObject(
      { ok: true },
    );
    expect(await look(`${server.url} lacks "welcome"`, none)).toMatchObject({ ok: false });
  });

  test('ssh_banner, irc_banner, pop3 over a plain connection', async () => {
    await using ssh = await tcpServer(socket => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await look(`tcp 127.0.0.1:${ssh.port} expect "^SSH-2.0-"`, none)).toMatchObject({ ok: true });
    await using irc = await tcpServer(socket =>
      socket.on('data', data => {
        if (data.toString().includes('USER')) socket.write('PING :abc\r\n');
        if (data.toString().includes('PONG :abc')) socket.write(':irc 001 welcome\r\n');
      }),
    );
    const dialogue =
      '[{send: "NICK p\\r\\nUSER p p p :p\\r\\n"}, {expect: "PING :(\\\\S+)", send: "PONG :${1}\\r\\n"}, {expect: "^:\\\\S+ 001"}]';
    expect(await look(`- {tcp: "127.0.0.1:${irc.port}", dialogue: ${dialogue}}`, none)).toMatchObject({ ok: true });
  });

  test('websocket: the switch of protocols', async () => {
    await using server = await httpServer((_, response) => response.end());
    server.server.on('upgrade', (_request, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    const headers =
      'headers "Connection: Upgrade" headers "Upgrade: websocket" headers "Sec-WebSocket-Version: 13" headers "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="';
    expect(await look(`${server.url} 101 ${headers} answer-headers "Upgrade: websocket"`, none)).toMatchObject({
      ok: true,
      status: 101,
    });
  });
});

await describeWith('package:iputils-ping', 'what blackbox_exporter probes by ICMP', () => {
  test('ping', async () => {
    const places = new Places(nobody, new AbortController().signal);
    expect(await look('command ping -c 1 -W 1 127.0.0.1', places)).toMatchObject({ ok: true });
    expect(await look('command ping -c 1 -W 1 192.0.2.251', places)).toMatchObject({ ok: false, reason: 'exit' });
  });
});
