import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseArmAttributes } from '../../../src/core/binary/arm-attributes.ts';
import { readLinkage } from '../../../src/core/binary/linkage.ts';
import { armAttributes, dynamicElf } from './assemble-dynamic.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-linkage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(bytes: Buffer) {
  const file = join(folder, 'program');
  writeFileSync(file, bytes);
  return readLinkage(file);
}

test.each([true, false])('loader and libraries, 64 bits: %s', async wide => {
  const libraries = ['libm.so.6', 'libc.so.6'];
  expect(await read(dynamicElf({ machine: 62, wide, libraries }))).toEqual({
    interpreter: '/lib/ld.so',
    libraries,
    arm: undefined,
  });
  expect(await read(dynamicElf({ machine: 62, wide, libraries: [] }))).toMatchObject({
    interpreter: undefined,
    libraries: [],
  });
});

test('the processor of an arm program', async () => {
  const attributes = armAttributes([
    [5, '7-A'],
    [6, 10],
    [28, 1],
  ]);
  const { arm } = (await read(dynamicElf({ machine: 40, wide: false, libraries: [], attributes })))!;
  expect(arm).toEqual({ cpu: 10, hardFloat: true });
});

test('what is no ELF file has no linkage', async () => {
  expect(await read(Buffer.from('MZ'))).toBeUndefined();
  expect(await read(Buffer.alloc(100))).toBeUndefined();
});

test('attributes of another vendor say nothing, and garbage is read to its end', () => {
  expect(parseArmAttributes(armAttributes([[6, 10]], 'gnu'), true)).toEqual({ cpu: undefined, hardFloat: false });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, little) => {
      expect(parseArmAttributes(Buffer.from([65, ...bytes]), little)).toHaveProperty('hardFloat');
    }),
  );
  const good = [
    ...armAttributes([
      [5, '6'],
      [6, 6],
    ]),
  ];
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
      expect(parseArmAttributes(Buffer.from(good.with(at, value)), true)).toHaveProperty('cpu');
    }),
  );
});
