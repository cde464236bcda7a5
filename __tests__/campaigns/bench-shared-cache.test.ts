import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { actionMain } from '../action-main.ts';

// The benchmark's short form, so that it goes on working: builds of a tiny program, in a local folder and in a slow one.
interface Contender {
  readonly name: string;
  run(): Promise<number>;
}
const env = {
  SLIPWAY_BENCH: 'short',
  SLIPWAY_BENCH_PARTS: 'local,delay',
  SLIPWAY_BENCH_MAIN: actionMain('setup-go-cross'),
};
const why = process.getuid?.() === 0 && existsSync('/dev/fuse') ? undefined : 'mounting needs root and /dev/fuse';
const where = why === undefined ? describe : describe.skip;

where(`npm run bench -- shared-cache${why === undefined ? '' : ` (SKIPPED, ${why})`}`, () => {
  let prepared: { contenders: Contender[]; end(): Promise<void> };
  beforeAll(async () => {
    Object.assign(process.env, env);
    prepared = await (await import(new URL('../../bench/shared-cache.mjs', import.meta.url).href)).prepare();
  }, 300_000);
  afterAll(async () => {
    await prepared?.end();
    for (const name of Object.keys(env)) delete process.env[name];
  }, 30_000);

  test('every build at once succeeds, by cache-dir and plain, near and far', async () => {
    expect(prepared.contenders.map(({ name }) => name)).toEqual([
      'cache-dir, a local folder',
      'plain, a local folder',
      'cache-dir, 1 ms an operation',
      'plain, 1 ms an operation',
    ]);
    for (const { run } of prepared.contenders) expect(await run()).toBeGreaterThan(0);
  }, 200_000);
});
