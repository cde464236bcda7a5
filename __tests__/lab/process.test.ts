import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';

const cache = mkdtempSync(join(tmpdir(), 'slipway-lab-'));
process.env.SLIPWAY_CACHE = cache;
const lab = (file: string) => new URL(`../../scripts/lab/${file}`, import.meta.url).href;
const { alive, daemonPid, startDaemon, stopDaemon, waitUntil } = await import(lab('process.mjs'));
const { withLock } = await import(lab('lock.mjs'));

afterAll(() => rmSync(cache, { recursive: true, force: true }));

describe('daemons', () => {
  test('start, found again, ended', async () => {
    const pid = await startDaemon('sleeper', ['sleep', '60']);
    expect(daemonPid('sleeper')).toBe(pid);
    expect(await startDaemon('sleeper', ['sleep', '60'])).toBe(pid);
    expect(await stopDaemon('sleeper')).toBe('ended');
    expect(alive('sleeper')).toBe(false);
    expect(await stopDaemon('sleeper')).toBe('not running');
  });

  test('one that ignores SIGTERM is killed', async () => {
    await startDaemon('deaf', ['sh', '-c', 'trap "" TERM; echo deaf; while :; do sleep 0.1; done']);
    await sleep(200);
    expect(await stopDaemon('deaf', { timeout: 300 })).toBe('killed');
    expect(alive('deaf')).toBe(false);
  });

  test('a wait ends at once, with the log, when the daemon ends', async () => {
    await startDaemon('short', ['sh', '-c', 'echo this is why; exit 1']);
    await expect(waitUntil('waiting', 5_000, () => false, { daemon: 'short' })).rejects.toThrow(/this is why/);
  });
});

describe('locks', () => {
  test('exclude each other', async () => {
    let inside = 0;
    let most = 0;
    const body = async () => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(join(cache, 'a'), 10_000, body)));
    expect(most).toBe(1);
  });

  test('a deadline names the holder', async () => {
    await withLock(join(cache, 'b'), 1_000, () =>
      expect(withLock(join(cache, 'b'), 1_000, () => undefined)).rejects.toThrow(`process ${process.pid}`),
    );
  });

  test('of a holder that was killed are free', async () => {
    const script = `import(${JSON.stringify(lab('lock.mjs'))}).then(m => m.withLock(${JSON.stringify(join(cache, 'c'))}, 1000, () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1000)); }))`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise(resolve => holder.stdout.once('data', resolve));
    holder.kill('SIGKILL');
    expect(await withLock(join(cache, 'c'), 2_000, () => 'had')).toBe('had');
  });
});
