import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readGoBinary } from '../../../src/core/binary/index.ts';
import { formatTarget } from '../../../src/core/target.ts';
import { archive, blob, elf, macho, pe, plan9, wasm, xcoff } from './assemble.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-binary-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const info = (...settings: string[]) =>
  blob(
    'go1.26.8',
    [
      'path\texample.com/hello/cmd/hello',
      'mod\texample.com/hello\tv1.2.3\t',
      'dep\texample.com/a\tv1.0.0\th1:aaa=',
      'dep\texample.com/b\tv2.0.0',
      '=>\t./b\t(devel)\t',
      ...settings.map(setting => `build\t${setting}`),
      '',
    ].join('\n'),
  );

async function read(bytes: Buffer) {
  const path = join(folder, 'program');
  await writeFile(path, bytes);
  return readGoBinary(path);
}

const cases: { name: string; bytes: Buffer; format: string; target: string }[] = [
  {
    name: 'ELF 64',
    bytes: elf(62, true, true, info('GOOS=linux', 'GOARCH=amd64', 'GOAMD64=v1')),
    format: 'elf',
    target: 'linux/amd64',
  },
  {
    name: 'ELF 32, variant',
    bytes: elf(40, false, true, info('GOOS=linux', 'GOARCH=arm', 'GOARM=7,hardfloat')),
    format: 'elf',
    target: 'linux/arm/v7',
  },
  {
    name: 'ELF 32 big endian',
    bytes: elf(8, false, false, info('GOOS=linux', 'GOARCH=mips', 'GOMIPS=softfloat')),
    format: 'elf',
    target: 'linux/mips/softfloat',
  },
  {
    name: 'ELF 64 big endian',
    bytes: elf(22, true, false, info('GOOS=linux', 'GOARCH=s390x')),
    format: 'elf',
    target: 'linux/s390x',
  },
  {
    name: 'Mach-O',
    bytes: macho(0x0100000c, info('GOOS=darwin', 'GOARCH=arm64', 'GOARM64=v8.0')),
    format: 'macho',
    target: 'darwin/arm64',
  },
  {
    name: 'PE',
    bytes: pe(0x8664, info('GOOS=windows', 'GOARCH=amd64', 'GOAMD64=v3')),
    format: 'pe',
    target: 'windows/amd64/v3',
  },
  {
    name: 'no settings: the header speaks',
    bytes: elf(183, true, true, blob('go1.26.8', ''), 9),
    format: 'elf',
    target: 'freebsd/arm64',
  },
];

const coff = Buffer.concat([Buffer.from([0x64, 0x86]), Buffer.alloc(14), info('GOOS=windows', 'GOARCH=amd64')]);
const mod = (os: string) => `path\texample.com/hello\nbuild\tGOARCH=wasm\nbuild\tGOOS=${os}\n`;
cases.push(
  {
    name: 'WASI',
    bytes: wasm('go1.26.8', mod('wasip1'), 'wasi_snapshot_preview1', '_start'),
    format: 'wasm',
    target: 'wasip1/wasm',
  },
  { name: 'wasm in a browser', bytes: wasm('go1.26.8', mod('js'), 'gojs', 'run'), format: 'wasm', target: 'js/wasm' },
  {
    name: 'wasm without settings',
    bytes: wasm('go1.26.8', '', 'wasi_snapshot_preview1', '_start'),
    format: 'wasm',
    target: 'wasip1/wasm',
  },
  { name: 'Plan 9', bytes: plan9(0x1eb, info('GOOS=plan9', 'GOARCH=386')), format: 'plan9', target: 'plan9/386' },
  {
    name: 'Plan 9, 64 bits',
    bytes: plan9(0x8a97, info('GOOS=plan9', 'GOARCH=amd64')),
    format: 'plan9',
    target: 'plan9/amd64',
  },
  {
    name: 'Plan 9, arm',
    bytes: plan9(0x647, info('GOOS=plan9', 'GOARCH=arm', 'GOARM=5')),
    format: 'plan9',
    target: 'plan9/arm/v5',
  },
  { name: 'XCOFF', bytes: xcoff(info('GOOS=aix', 'GOARCH=ppc64')), format: 'xcoff', target: 'aix/ppc64' },
  {
    name: 'c-archive of ELF',
    bytes: archive(
      ['odd.o', Buffer.alloc(7)],
      ['go.o/', elf(183, true, true, info('GOOS=linux', 'GOARCH=arm64'), 0, 2)],
    ),
    format: 'archive',
    target: 'linux/arm64',
  },
  {
    name: 'c-archive of BSD',
    bytes: archive([
      '#1/8',
      Buffer.concat([Buffer.from('go.o\0\0\0\0'), macho(0x0100000c, info('GOOS=darwin', 'GOARCH=arm64'))]),
    ]),
    format: 'archive',
    target: 'darwin/arm64',
  },
  { name: 'c-archive of COFF', bytes: archive(['go.o', coff]), format: 'archive', target: 'windows/amd64' },
);

test.each(cases)('$name', async ({ bytes, format, target }) => {
  const binary = await read(bytes);
  expect({ format: binary.format, target: formatTarget(binary.target) }).toEqual({ format, target });
  expect(binary.buildinfo.goVersion).toBe('go1.26.8');
});

test('modules, replacements and quoted settings', async () => {
  const settings = ['GOOS=linux', 'GOARCH=amd64', '-ldflags="-X main.a=b\\tc \\u00e9\\xc3\\xa9"', '-trimpath=true'];
  const { buildinfo } = await read(elf(62, true, true, info(...settings)));
  expect(buildinfo).toMatchObject({
    path: 'example.com/hello/cmd/hello',
    mod: { path: 'example.com/hello', version: 'v1.2.3', sum: '' },
    deps: [
      { path: 'example.com/a', version: 'v1.0.0', sum: 'h1:aaa=' },
      { path: 'example.com/b', version: 'v2.0.0', replace: { path: './b', version: '(devel)' } },
    ],
  });
  expect(buildinfo.settings).toMatchObject({ '-ldflags': '-X main.a=b\tc éé', '-trimpath': 'true' });
});

test('the blob is found behind a megabyte of data, also where it lies across a chunk', async () => {
  const data = Buffer.concat([Buffer.alloc(2 ** 20 - 8 + 8 - 16), info('GOOS=linux', 'GOARCH=amd64')]);
  expect((await read(elf(62, true, true, data))).target).toEqual({ os: 'linux', arch: 'amd64' });
});

test.each([
  ['a program', elf(62, true, true, info(), 0, 2), 'fixed'],
  ['a library', elf(62, true, true, info(), 0, 3), 'library'],
  ['an object', elf(62, true, true, info(), 0, 1), 'object'],
  ['a command of WASI', wasm('go1.26.8', '', 'wasi_snapshot_preview1', '_start'), 'fixed'],
  ['a reactor of WASI', wasm('go1.26.8', '', 'wasi_snapshot_preview1', '_initialize'), 'library'],
])('%s is laid out as one', async (_, bytes, layout) => {
  expect((await read(bytes)).layout).toBe(layout);
});

describe('refused', () => {
  const good = elf(62, true, true, info('GOOS=linux', 'GOARCH=amd64'));
  const old = info('GOOS=linux', 'GOARCH=amd64');
  old[15] = 0;
  const refused: { name: string; bytes: Buffer; code: string }[] = [
    { name: 'a script', bytes: Buffer.from('#!/bin/sh\n'), code: 'BINARY_UNKNOWN' },
    { name: 'an empty file', bytes: Buffer.alloc(0), code: 'BINARY_UNKNOWN' },
    { name: 'a universal Mach-O file', bytes: Buffer.from('cafebabe00000002', 'hex'), code: 'BINARY_UNKNOWN' },
    { name: 'a DOS program', bytes: Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), code: 'BINARY_UNKNOWN' },
    { name: 'cut off in the headers', bytes: good.subarray(0, 70), code: 'BINARY_TRUNCATED' },
    { name: 'cut off in the build information', bytes: good.subarray(0, 4096 + 60), code: 'BINARY_TRUNCATED' },
    { name: 'not Go', bytes: elf(62, true, true, Buffer.alloc(100)), code: 'BINARY_NOT_GO' },
    {
      name: 'another machine in the header',
      bytes: elf(183, true, true, info('GOOS=linux', 'GOARCH=amd64')),
      code: 'BINARY_CONTRADICTION',
    },
    {
      name: 'another system in the header',
      bytes: pe(0x8664, info('GOOS=linux', 'GOARCH=amd64')),
      code: 'BINARY_CONTRADICTION',
    },
    { name: 'wasm of another language', bytes: Buffer.from('0061736d01000000', 'hex'), code: 'BINARY_NOT_GO' },
    {
      name: 'wasm whose sections end behind the file',
      bytes: wasm('go1.26.8', mod('js'), 'gojs', 'run').subarray(0, 60),
      code: 'BINARY_TRUNCATED',
    },
    { name: 'an archive that Go did not make', bytes: archive(['a.o', Buffer.alloc(8)]), code: 'BINARY_NOT_GO' },
    {
      name: 'wasm that says it is for linux',
      bytes: wasm('go1.26.8', 'build\tGOARCH=amd64\nbuild\tGOOS=linux\n', 'gojs', 'run'),
      code: 'BINARY_CONTRADICTION',
    },
    { name: 'older than Go 1.18', bytes: elf(62, true, true, old), code: 'BUILDINFO_OLD' },
  ];
  test.each(refused)('$name', async ({ bytes, code }) => {
    await expect(read(bytes)).rejects.toMatchObject({ code });
  });

  test('a file that is not there', async () => {
    await expect(readGoBinary(join(folder, 'absent'))).rejects.toMatchObject({ code: 'BINARY_MISSING' });
  });
});
