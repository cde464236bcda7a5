import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { describeWith } from './lab.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

await describeWith(['host:host183', 'go'], 'npm run bench -- gate --short', () => {
  test('a few releases that are not good are stopped before the switch, and good ones are not', async () => {
    const out = join(folder, 'gate.json');
    await run([process.execPath, 'scripts/bench.mjs', 'gate', '--short', '--out', out], {
      cwd: root,
      timeout: 280_000,
    });
    const { rows, samples } = JSON.parse(await readFile(out, 'utf8'));
    const told = rows.map(({ name, unit, ours }: { name: string; unit: string; ours: number }) => [name, ours, unit]);
    expect([told, samples]).toEqual([
      [
        ['bad: stopped before the switch', 7, 'of 7'],
        ['bad: rolled back', 0, 'of 7'],
        ['bad: stopped or rolled back', 7, 'of 7'],
        ['good: stopped or rolled back', 0, 'of 3'],
      ],
      samples,
    ]);
  }, 300_000);
});
