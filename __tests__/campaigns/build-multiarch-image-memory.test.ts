import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { elf } from '../build-multiarch-image/elf.ts';
import { freshRepository, runImage, temporary } from '../integration/build-multiarch-image.ts';
import { describeWith } from '../integration/lab.ts';

const MB = 1024 * 1024;

/** Tells at its end how much memory the process had at most, and how many workers of libuv ran at the same moment. */
const watch = `
  import { readdirSync, readFileSync } from 'node:fs';
  let most = 0;
  const look = () => {
    const stats = readdirSync('/proc/self/task').map(task => readFileSync('/proc/self/task/' + task + '/stat', 'utf8'));
    most = Math.max(most, stats.filter(stat => /\\(libuv-worker\\) [RD]/.test(stat)).length);
  };
  setInterval(look, 5).unref();
  // not by getrusage: that begins with what the process that started it had
  const peak = () => Number(/^VmHWM:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  process.on('exit', () => console.log('seen: ' + Math.round(peak() / 1024) + ' MB, ' + most + ' workers'));
`;

await describeWith('registry', 'a layer of 500 MB', lab => {
  let folder: Awaited<ReturnType<typeof temporary>>;
  beforeAll(async () => {
    folder = await temporary();
    await mkdir(join(folder.path, 'dist'));
    await program('amd64', 500);
    await program('arm64', 60);
  }, 120_000);
  afterAll(async () => await folder[Symbol.asyncDispose]());

  /** A tenth is noise, the rest a pattern. */
  async function program(arch: 'amd64' | 'arm64', size: number): Promise<void> {
    const file = await open(join(folder.path, 'dist', `hello-linux-${arch}`), 'w');
    const pattern = Buffer.alloc(MB, 'push call return ');
    await file.writeFile(elf(arch));
    for (let at = 0; at < size; at++) await file.writeFile(at % 10 === 0 ? randomBytes(MB) : pattern);
    await file.close();
  }

  test('is compressed, beside another, and pushed within 200 MB of memory', async () => {
    const { host } = lab.registry;
    const done = await runImage(
      folder.path,
      { binaries: 'dist/{name}-{os}-{arch}', images: freshRepository(host), insecure: host, 'layer-cache': 'off' },
      { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watch)}` } },
    );
    expect([done.code, done.log.match(/::error.*/)?.[0]]).toEqual([0, undefined]);
    const [, memory, workers] = /^seen: (\d+) MB, (\d+) workers$/m.exec(done.log) ?? [];
    expect(Number(memory)).toBeLessThanOrEqual(200);
    expect(Number(workers)).toBeGreaterThanOrEqual(2);
  }, 180_000);
});
