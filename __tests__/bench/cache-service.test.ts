import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { startCacheService }: any = await import(new URL('../../bench/lib/cache-service.mjs', import.meta.url).href);

const folder = mkdtempSync(join(tmpdir(), 'slipway-cache-service-'));
// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
let service: any;
beforeAll(async () => {
  service = await startCacheService(join(folder, 'stored'));
});
afterAll(async () => {
  await service.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Calls the real client as an action does: in a process, with the runner's environment. */
async function client(call: string) {
  const script = `import { restoreCache, saveCache } from '@actions/cache'; console.log('answer', await ${call});`;
  const argv = [process.execPath, '--input-type=module', '-e', script] as const;
  const env = { ...process.env, ...service.env, RUNNER_TEMP: folder, GITHUB_WORKSPACE: folder };
  const { stdout } = await run([...argv], { env, cwd: process.cwd(), timeout: 60_000 });
  return /^answer (.*)$/m.exec(stdout)?.[1];
}

test('the real client saves and restores, by the whole key and by a prefix of it; the newest comes first', async () => {
  const data = join(folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'file'), 'one');
  const paths = JSON.stringify([data]);
  expect(await client(`restoreCache(${paths}, 'k-1', ['k-'])`)).toBe('undefined');
  expect(Number(await client(`saveCache(${paths}, 'k-1')`))).toBeGreaterThan(0);
  writeFileSync(join(data, 'file'), 'two');
  await client(`saveCache(${paths}, 'k-2')`);
  rmSync(data, { recursive: true });
  expect(await client(`restoreCache(${paths}, 'k-3', ['k-'])`)).toBe('k-2');
  expect(readFileSync(join(data, 'file'), 'utf8')).toBe('two');
  expect(service.entries().map(({ key }: { key: string }) => key)).toEqual(['k-1', 'k-2']);

  service.keep(1);
  expect(await client(`restoreCache(${paths}, 'k-3', ['k-'])`)).toBe('k-1');
  expect(readFileSync(join(data, 'file'), 'utf8')).toBe('one');
}, 60_000);
