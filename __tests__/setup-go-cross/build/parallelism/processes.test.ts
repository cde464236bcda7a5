import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { endFirst, usageOf } from '../../../../src/setup-go-cross/build/parallelism/processes.ts';

const mib = 2 ** 20;
const linux = process.platform === 'linux' ? test : test.skip;
let child: ReturnType<typeof spawn> | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

linux(
  'a process, its largest child, and all together',
  async () => {
    const hold = (size: number) =>
      `const held = Buffer.alloc(${size * mib}, 1); console.log('held'); process.stdin.on('data', () => held);`;
    const parent = `${hold(10)} const { spawn } = require('node:child_process');
    for (const script of [${JSON.stringify(hold(100))}, ${JSON.stringify(hold(30))}])
      spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'inherit', 'inherit'] });`;
    child = spawn(process.execPath, ['-e', parent], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    for await (const text of child.stdout!) {
      said += text;
      if (said.split('held').length > 3) break;
    }
    const { go, tool, total } = usageOf(child.pid!);
    expect(go).toBeGreaterThan(10 * mib);
    expect(tool).toBeGreaterThan(100 * mib);
    expect(tool).toBeLessThan(total - go - 30 * mib);
    const ended = once(child, 'exit');
    child.stdin!.end();
    child.kill('SIGKILL');
    await ended;
    expect(usageOf(child.pid!)).toEqual({ go: 0, tool: 0, total: 0 });
  },
  30_000,
);

linux('a build is ended by the kernel before us', async () => {
  child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  endFirst(child.pid!);
  const [own, other] = ['self', child.pid].map(pid => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8')));
  expect(other).toBe(Math.min(1000, own! + 500));
  expect(() => endFirst(2 ** 30)).not.toThrow();
});
