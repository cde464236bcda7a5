import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseModInfo } from '../../../src/core/binary/build-info.ts';
import { withoutSecrets } from '../../../src/setup-go-cross/outputs/copy-tree.ts';
import { differencesOf, type Side } from '../../../src/setup-go-cross/outputs/difference.ts';
import { sectionsOf } from '../../../src/setup-go-cross/outputs/sections.ts';

const info = (more = '') => parseModInfo('go1.26.8', `path\tx\nmod\tx\t(devel)\t\nbuild\tGOOS=linux\n${more}`);
const side = (bytes: Buffer, more?: string, folder = '/first'): Side => ({ bytes, folder, buildinfo: info(more) });

/** A small ELF file for 64 bits, little-endian: header, contents, names, section headers. */
function elf(parts: Record<string, string>): Buffer {
  const names = ['', ...Object.keys(parts), '.shstrtab'];
  const table = Buffer.from(names.map(name => `${name}\0`).join(''), 'latin1');
  const contents = [...Object.values(parts).map(text => Buffer.from(text)), table];
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x7f454c46, 0);
  header.set([2, 1, 1], 4);
  const start = 64 + contents.reduce((sum, one) => sum + one.length, 0);
  header.writeBigUInt64LE(BigInt(start), 40);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(names.length, 60);
  header.writeUInt16LE(names.length - 1, 62);
  let [offset, label] = [64, 1];
  const headers = contents.map((content, index) => {
    const section = Buffer.alloc(64);
    section.writeUInt32LE(label, 0);
    section.writeUInt32LE(1, 4);
    section.writeBigUInt64LE(BigInt(offset), 24);
    section.writeBigUInt64LE(BigInt(content.length), 32);
    offset += content.length;
    label += names[index + 1]!.length + 1;
    return section;
  });
  return Buffer.concat([header, ...contents, Buffer.alloc(64), ...headers]);
}

const plain = { '.note.go.buildid': 'id-1', '.text': 'code code', '.rodata': 'data data' };
const cases: { name: string; first: Side; second: Side; found: string[] }[] = [
  {
    name: 'a section; the build ID, which only follows, is left out',
    first: side(elf(plain)),
    second: side(elf({ ...plain, '.note.go.buildid': 'id-2', '.rodata': 'data dAta' })),
    found: ['section .rodata differs from its byte 6 on'],
  },
  {
    name: 'the build ID alone',
    first: side(elf(plain)),
    second: side(elf({ ...plain, '.note.go.buildid': 'id-2' })),
    found: ['section .note.go.buildid differs from its byte 3 on'],
  },
  {
    name: 'the folder',
    first: side(elf({ ...plain, '.rodata': 'at /first/main.go' })),
    second: side(elf({ ...plain, '.rodata': 'at /other/main.go' }), '', '/other'),
    found: [
      'it holds the path of the folder that it was built in (/first/main.go)',
      'section .rodata differs from its byte 4 on',
    ],
  },
  {
    name: 'a build setting',
    first: side(elf(plain), 'build\tvcs.modified=false\n'),
    second: side(elf({ ...plain, '.text': 'code' }), 'build\tvcs.modified=true\nbuild\tGOAMD64=v2\n'),
    found: [
      'the build setting vcs.modified is "false", then "true"',
      'the build setting GOAMD64 is absent, then "v2"',
      'section .text differs from its byte 4 on',
    ],
  },
  {
    name: 'modules',
    first: side(elf(plain), 'dep\ta\tv1.0.0\th1:x=\n'),
    second: side(elf({ ...plain, '.text': 'c' }), 'dep\ta\tv1.0.1\th1:y=\n'),
    found: ['other modules were linked', 'section .text differs from its byte 1 on'],
  },
  {
    name: 'a format without sections',
    first: side(Buffer.from('abcdef')),
    second: side(Buffer.from('abcxef')),
    found: ['the files differ from byte 3 on'],
  },
];
test.each(cases)('$name', ({ first, second, found }) => {
  expect(differencesOf(first, second)).toEqual(found);
});

test('the sections of a file are where its headers say', () => {
  const bytes = elf(plain);
  const text = sectionsOf(bytes).map(({ name, offset, size }) => [
    name,
    bytes.toString('latin1', offset, offset + size),
  ]);
  expect(text.slice(0, 3)).toEqual(Object.entries(plain));
});

test('the first differing byte is found wherever it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, at) => {
      const first = Buffer.from(bytes);
      const second = Buffer.from(bytes);
      const index = at % bytes.length;
      second[index] = second[index]! ^ 1;
      expect(differencesOf(side(first), side(second))).toEqual([`the files differ from byte ${index} on`]);
    }),
  );
});

test('of git’s settings only those go along that say how files are read', () => {
  const config = [
    '[core]\n\trepositoryformatversion = 0\n\tautocrlf = input',
    '[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic c2VjcmV0',
    '[remote "origin"]\n\turl = https://user:secret@github.com/acme/hello',
    '[filter "lfs"]\n\tclean = git-lfs clean -- %f',
    '  [Extensions]\n\tobjectFormat = sha256',
    '[include]\n\tpath = /home/me/secret',
  ];
  expect(withoutSecrets(config.join('\n'))).toBe(`${[config[0], config[3], config[4]].join('\n')}\n`);
});
