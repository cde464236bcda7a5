import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sha256 } from '../../../src/core/files.ts';
import { emptyRecord } from '../../../src/core/record/begin.ts';
import { writeSums } from '../../../src/setup-go-cross/outputs/sums.ts';

test('sums of all that is recorded, and of the documents that are at hand', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-sums-'));
  try {
    const at = (name: string) => join(folder, name);
    await writeFile(at('a.cdx.json'), '{}');
    const one = { target: 'linux/amd64', size: 1 };
    const record = {
      ...emptyRecord({ name: 'a', version: 'v1' }),
      binaries: [
        { ...one, package: 'a', path: at('a'), sha256: 'b'.repeat(64), sbom: at('a.cdx.json') },
        { ...one, package: 'c', path: at('c'), sha256: 'c'.repeat(64), sbom: at('kept-by-its-job.cdx.json') },
      ],
      archives: [{ ...one, path: at('a.zip'), sha256: 'a'.repeat(64) }],
    };
    await writeSums({ file: at('release.json'), record });
    expect((await readFile(at('SHA256SUMS'), 'utf8')).split('\n').toSorted()).toEqual(
      [
        '',
        `${'a'.repeat(64)}  a.zip`,
        `${'b'.repeat(64)}  a`,
        `${'c'.repeat(64)}  c`,
        `${sha256('{}')}  a.cdx.json`,
      ].toSorted(),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
