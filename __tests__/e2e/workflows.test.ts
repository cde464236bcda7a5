import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { describeWith } from '../integration/lab.ts';

const root = join(import.meta.dirname, '..', '..');
const folders = ['.github/workflows', '__tests__/e2e/workflows', 'examples/workflows'];

await describeWith('peer:actionlint', 'workflow files', lab => {
  test('actionlint has nothing to say', async () => {
    const files = (
      await Promise.all(
        folders.map(async folder =>
          (await readdir(join(root, folder))).filter(file => file.endsWith('.yml')).map(file => join(folder, file)),
        ),
      )
    ).flat();
    expect(files.length).toBeGreaterThan(1);
    const { stdout } = await run([lab['peer:actionlint'], ...files], { cwd: root, timeout: 60_000 });
    expect(stdout).toBe('');
  }, 70_000);
});
