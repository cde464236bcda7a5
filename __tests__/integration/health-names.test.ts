import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { actionMain } from '../action-main.ts';
import { httpServer } from '../core/health/servers.ts';

const main = actionMain('verify-health');
const root = process.getuid?.() === 0 && process.platform === 'linux';

/** The action on a machine whose names are those of a file: a mount namespace of its own has it as /etc/hosts. */
async function verifyWithNames(inputs: Record<string, string>, hosts: string): Promise<{ code: number; log: string }> {
  const script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
  const env = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', hosts, process.execPath, main], {
    cwd: join(hosts, '..'), // a shell drops the variable that names it
    env: { PATH: process.env['PATH'], ...env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (log += chunk));
  return new Promise(resolve => child.on('close', code => resolve({ code: code ?? -1, log })));
}

describe('names that change while they are asked for', () => {
  (root ? test : test.skip)(
    root
      ? 'a name that moves to another address is followed'
      : 'SKIPPED, not root on Linux: names need a mount namespace',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'slipway-names-'));
      const hosts = join(folder, 'hosts');
      await using good = await httpServer((_, response) => response.end());
      await using _bad = await httpServer((_, response) => response.writeHead(503).end(), '127.0.0.2', good.port);
      await writeFile(hosts, '127.0.0.2 moving.test\n');
      const checks = `http://moving.test:${good.port}/ addresses all`;
      setTimeout(() => void writeFile(hosts, '127.0.0.1 moving.test\n'), 2500);
      const done = await verifyWithNames({ checks, deadline: '20s' }, hosts);
      expect(done.log).toContain('status 503');
      expect(done).toMatchObject({ code: 0 });

      await writeFile(hosts, '127.0.0.1 moving.test\n127.0.0.2 moving.test\n');
      const half = await verifyWithNames({ checks, deadline: '2s' }, hosts);
      expect(half.code).toBe(1);
      expect(half.log).toContain('1 of 2 addresses fail, 127.0.0.2 (IPv4): status 503');
      await rm(folder, { recursive: true });
    },
    60_000,
  );
});
