import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { licensesBeside } from '../../../src/build-multiarch-image/attest/licenses.ts';
import { parseModInfo } from '../../../src/core/binary/build-info.ts';
import type { BuildInfo } from '../../../src/core/binary/index.ts';
import type { ReleaseRecord } from '../../../src/core/record/schema.ts';
import { sbomOf } from '../../../src/setup-go-cross/outputs/sbom.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-licenses-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('what setup-go-cross wrote is read again; what is not there, or no SBOM, states nothing', async () => {
  const buildinfo: BuildInfo = parseModInfo(
    'go1.26.8',
    ['path\texample.com/m', 'mod\texample.com/m\t(devel)\t', 'dep\texample.com/a\tv1.0.0\th1:AA='].join('\n'),
  );
  const purl = 'pkg:golang/example.com/a@v1.0.0';
  const subject = { buildinfo, sha256: 'ab'.repeat(32), version: 'v1.0.0', commitTime: undefined };
  await writeFile(join(folder, 'a.cdx.json'), JSON.stringify(sbomOf(subject, new Map([[purl, 'ISC']]))));
  await writeFile(join(folder, 'b.cdx.json'), 'no JSON');
  const binaries = ['a.cdx.json', 'b.cdx.json', 'c.cdx.json'].map(name => ({ sbom: join(folder, name) }));
  expect(await licensesBeside({ binaries } as unknown as ReleaseRecord)).toEqual(new Map([[purl, 'ISC']]));
});
