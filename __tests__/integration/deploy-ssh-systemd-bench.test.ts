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
    const ours = new Map(rows.map((row: { name: string; ours: number }) => [row.name, row.ours]));
    // what goes wrong after a while may do so after the trial, on a busy machine: then it is taken back
    expect({ stopped: Number(ours.get('bad: stopped before the switch')) >= 0.6 * 7, samples }).toEqual({
      stopped: true,
      samples,
    });
    expect(ours.get('bad: stopped or rolled back')).toBe(7);
    expect(ours.get('good: stopped or rolled back')).toBe(0);
  }, 300_000);
});
