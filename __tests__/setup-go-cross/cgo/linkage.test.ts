import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseTarget } from '../../../src/core/target.ts';
import { assertLinkage } from '../../../src/setup-go-cross/cgo/linkage.ts';
import { armAttributes, dynamicElf } from '../../core/binary/assemble-dynamic.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-linkage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cases: { target: string; isStatic: boolean; libraries: string[]; cpu?: number; error?: string }[] = [
  { target: 'linux/arm64', isStatic: true, libraries: [] },
  { target: 'linux/arm64', isStatic: false, libraries: ['libc.so.6'] },
  { target: 'linux/arm64', isStatic: true, libraries: ['libm.so.6', 'libc.so.6'], error: 'CGO_NOT_STATIC' },
  { target: 'linux/arm/v5', isStatic: true, libraries: [], cpu: 4 },
  { target: 'linux/arm/v5', isStatic: true, libraries: [], cpu: 6, error: 'BINARY_NOT_AS_PLANNED' },
  { target: 'linux/arm/v6', isStatic: true, libraries: [], cpu: 7 },
  { target: 'linux/arm/v6', isStatic: true, libraries: [], cpu: 9 },
  { target: 'linux/arm/v6', isStatic: true, libraries: [], cpu: 8, error: 'BINARY_NOT_AS_PLANNED' },
  { target: 'linux/arm/v6', isStatic: true, libraries: [], cpu: 10, error: 'BINARY_NOT_AS_PLANNED' },
  { target: 'linux/arm/v7', isStatic: true, libraries: [], cpu: 10 },
  { target: 'linux/arm/v7', isStatic: true, libraries: [], cpu: 14, error: 'BINARY_NOT_AS_PLANNED' },
];
test.each(cases)('$target, static: $isStatic, libraries $libraries, processor $cpu → $error', async one => {
  const { target, isStatic, libraries, cpu, error } = one;
  const file = join(folder, 'program');
  const arm = target.startsWith('linux/arm/');
  const attributes = cpu === undefined ? undefined : armAttributes([[6, cpu]]);
  writeFileSync(file, dynamicElf({ machine: arm ? 40 : 183, wide: !arm, libraries, attributes }));
  const cgo = {
    env: { CC: 'cc' },
    tags: [],
    ldflags: [],
    static: isStatic,
    compiler: { name: 'cc', version: '', sha256: '' },
    cxxPackages: [],
  };
  const checked = assertLinkage('hello', parseTarget(target), cgo, file);
  if (error === undefined) await expect(checked).resolves.toBeUndefined();
  else await expect(checked).rejects.toMatchObject({ code: error });
  if (error === 'CGO_NOT_STATIC')
    await expect(checked).rejects.toThrow('/lib/ld.so and the libraries libm.so.6, libc.so.6');
});
