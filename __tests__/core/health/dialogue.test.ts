import { describe, expect, test } from '@jest/globals';
import { parseChecks, probe } from '../../../src/core/health/index.ts';
import { tcpServer } from './servers.ts';

const look = (text: string, timeout = 2000) => probe(parseChecks(text)[0]!, { timeout });

describe('TCP: what is sent and what must come', () => {
  test('a greeting that comes in pieces', async () => {
    await using server = await tcpServer(socket => {
      socket.write('22');
      setTimeout(() => socket.write('0 mail ESMTP\r\n'), 30);
    });
    const seen = await look(`tcp 127.0.0.1:${server.port} expect "^220 \\S+ ESMTP"`);
    expect(seen).toMatchObject({ ok: true });
    expect(seen.detail).toContain('says "220 mail ESMTP"');
  });

  test('a question and its answer', async () => {
    const heard: string[] = [];
    await using server = await tcpServer(socket =>
      socket.on('data', data => {
        heard.push(data.toString());
        socket.write(data.toString() === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n');
      }),
    );
    expect(await look(`tcp 127.0.0.1:${server.port} send "PING\\r\\n" expect PONG`)).toMatchObject({ ok: true });
    expect(heard).toEqual(['PING\r\n']);
  });

  test('several turns, each after the one before', async () => {
    await using server = await tcpServer(socket => {
      socket.write('220 hi\r\n');
      socket.on('data', data => socket.write(data.toString().startsWith('EHLO') ? '250 ok\r\n' : '221 bye\r\n'));
    });
    const yaml = (third: string) =>
      `[{"tcp": "127.0.0.1:${server.port}", "dialogue": [{"expect": "^220", "send": "EHLO x\\r\\n"}, {"expect": "250", "send": "QUIT\\r\\n"}, {"expect": "${third}"}]}]`;
    expect(await look(yaml('^221'))).toMatchObject({ ok: true });
    expect(await look(yaml('220'), 200)).toMatchObject({ ok: false, reason: 'timeout', phase: 'firstByte' });
  });

  test.each([
    ['says something else and closes', 'SSH-2.0\r\n', true, 'answer', 'said "SSH-2.0", which does not match'],
    ['closes without a word', '', true, 'reset', 'closed the connection before it said'],
    ['says nothing', '', false, 'timeout', 'time ran out'],
    ['talks without end', 'x'.repeat(200_000), false, 'answer', '64 KiB that do not match'],
  ])('a server that %s', async (_, text, ends, reason, words) => {
    await using server = await tcpServer(socket => {
      socket.write(text);
      if (ends) socket.end();
    });
    const seen = await look(`tcp 127.0.0.1:${server.port} expect ^220`, 300);
    expect(seen).toMatchObject({ ok: false, reason });
    expect(seen.detail).toContain(words);
  });
});
