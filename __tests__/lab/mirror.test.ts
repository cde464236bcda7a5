import { describe, expect, test } from '@jest/globals';

const { chooseMirror, parseDeb822, parseOneLine } = await import(
  new URL('../../scripts/lab/host/mirror.mjs', import.meta.url).href
);

describe('parseOneLine', () => {
  test.each([
    ['plain', 'deb http://m.example/debian bookworm main', [['http://m.example/debian', 'bookworm', 'main']]],
    [
      'with options',
      'deb [arch=amd64 signed-by=/k.gpg] https://m.example/debian trixie main contrib # note',
      [['https://m.example/debian', 'trixie', 'main contrib']],
    ],
    ['a source package line and a comment', 'deb-src http://m.example/debian sid main\n# deb http://x y z', []],
  ])('%s', (_name, text, expected) => {
    const found = parseOneLine(text) as { uris: string[]; suites: string[]; components: string[] }[];
    expect(found.map(one => [one.uris[0], one.suites[0], one.components.join(' ')])).toEqual(expected);
  });
});

describe('parseDeb822', () => {
  test('stanzas, comments inside, continued lines', () => {
    const text = `Types: deb deb-src
# a comment between
URIs: http://m.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;
    expect(parseDeb822(text)).toEqual([
      { uris: ['http://m.example/debian'], suites: ['bookworm', 'bookworm-updates'], components: ['main'] },
    ]);
  });
});

describe('chooseMirror', () => {
  const source = (uri: string, suite = 'bookworm', component = 'main') => ({
    uris: [uri],
    suites: [suite],
    components: [component],
  });
  test.each([
    ['nothing known', [], undefined],
    [
      'the first of Debian',
      [source('http://a.example/debian/'), source('http://b.example/debian')],
      'http://a.example/debian',
    ],
    ['a third party with a suite of Debian', [source('https://apt.example/product')], undefined],
    ['security only', [source('http://a.example/debian-security', 'bookworm-security')], undefined],
    ['another distribution', [source('http://a.example/ubuntu', 'noble')], undefined],
    [
      'a snapshot',
      [source('http://s.example/archive/debian/20250520T000000Z/')],
      'http://s.example/archive/debian/20250520T000000Z',
    ],
    [
      'a CD, then a mirror',
      [source('cdrom:[Debian]/'), source('https://m.example/debian')],
      'https://m.example/debian',
    ],
  ])('%s', (_name, sources, expected) => {
    expect(chooseMirror(sources)).toBe(expected);
  });
});
