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

await describeWith(['cluster', 'registry', 'go'], 'npm run bench -- canary --short', () => {
  test('a plan of many objects: half of them would change, which the bundle is asked as kubectl is', async () => {
    const out = join(folder, 'plan.json');
    const argv = [process.execPath, 'scripts/bench.mjs', 'canary', '--short', '--only', 'plan', '--out', out] as const;
    await run([...argv], { cwd: root, timeout: 160_000 });
    const { rows, versions } = JSON.parse(await readFile(out, 'utf8'));
    expect(rows.map(({ goal, met }: { goal: string; met?: boolean }) => [goal, met])).toEqual([
      ['≤ 5', undefined],
      ['≤ 150', undefined],
      ['≤ 6', undefined],
    ]);
    expect(rows[1].ours).toBeGreaterThan(30);
    expect(versions.kubernetes).toMatch(/^v1\./);
  }, 180_000);
});
