import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';

const node = (script: string) => [process.execPath, '-e', script] as [string, ...string[]];

describe('run', () => {
  test('gives output and lines, and passes input', async () => {
    const seen: string[] = [];
    const done = await run(node('process.stdin.pipe(process.stdout)'), {
      timeout: 10_000,
      input: 'a\nb',
      onLine: line => seen.push(line),
    });
    expect([done, seen]).toEqual([{ code: 0, stdout: 'a\nb', stderr: '' }, ['a', 'b']]);
  });

  test('words on stderr are no failure', async () => {
    expect((await run(node('console.error("warning")'), { timeout: 10_000 })).stderr).toBe('warning\n');
  });

  test('an exit code is a failure, with the end of what was said', async () => {
    await expect(
      run(node('console.error("broken pipe dream"); process.exit(3)'), { timeout: 10_000 }),
    ).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: expect.stringMatching(/exited with code 3: broken pipe dream/),
    });
  });

  test('an accepted exit code is none', async () => {
    expect((await run(node('process.exit(3)'), { timeout: 10_000, accept: [3] })).code).toBe(3);
  });

  test('a missing exit code is a failure', async () => {
    await expect(run(node('process.kill(process.pid, "SIGKILL")'), { timeout: 10_000 })).rejects.toMatchObject({
      message: expect.stringContaining('ended by a signal'),
    });
  });

  test('the deadline ends the process and its children', async () => {
    const script =
      'const c = require("child_process").spawn("sleep", ["60"]); console.log(c.pid); setTimeout(() => {}, 60000)';
    let child = 0;
    await expect(run(node(script), { timeout: 700, onLine: line => (child = Number(line)) })).rejects.toMatchObject({
      code: 'DEADLINE',
    });
    expect(child).toBeGreaterThan(0);
    for (let i = 0; i < 50 && running(child); i++) await new Promise(resolve => setTimeout(resolve, 20));
    expect(running(child)).toBe(false);
  });

  test('the deadline holds although a grandchild left the group and keeps the output open', async () => {
    const began = performance.now();
    const script = `process.stdout.write(require('child_process').spawn('sleep', ['30'], { detached: true, stdio: 'inherit' }).pid + '\\n'); setTimeout(() => {}, 60000)`;
    let pid = 0;
    await expect(run(node(script), { timeout: 700, onLine: line => (pid = Number(line)) })).rejects.toMatchObject({
      code: 'DEADLINE',
    });
    expect(performance.now() - began).toBeLessThan(10_000);
    if (pid > 0) process.kill(pid);
  }, 40_000);

  test('a missing folder is not called a missing program', async () => {
    await expect(run(['node'], { cwd: '/no/such/folder', timeout: 1000 })).rejects.toMatchObject({
      code: 'FOLDER_MISSING',
      message: expect.stringContaining('/no/such/folder'),
    });
  });

  test('a missing program is named', async () => {
    await expect(run(['no-such-program'], { timeout: 1000 })).rejects.toMatchObject({ code: 'PROGRAM_MISSING' });
  });
});

/** A zombie has ended; where PID 1 does not reap, it stays one. */
function running(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
