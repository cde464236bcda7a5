import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript
import { withTag } from '../../scripts/ship/commit.mjs';
// @ts-expect-error: plain JavaScript
import { leadsMajor, parseVersion } from '../../scripts/ship/version.mjs';

test.each([
  ['1.2.3', { tag: 'v1.2.3', major: 'v1' }],
  ['v1.2.3', { tag: 'v1.2.3', major: 'v1' }],
  ['2.0.0-rc.1', { tag: 'v2.0.0-rc.1', major: 'v2' }],
])('version %s', (text, expected) => {
  expect(parseVersion(text)).toEqual(expected);
});

test.each(['', '1.2', '1.2.3.4', '01.2.3', '1.2.3+build', 'v1', 'latest', '1.2.3; rm -rf /'])(
  'no version: %j',
  text => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'VERSION_INVALID' }));
  },
);

test.each([
  { tag: 'v1.2.3', others: ['v1.2.3', 'v1.2.2', 'v0.9.0'], leads: true },
  { tag: 'v1.2.3', others: ['v1.3.0', 'v1.2.3'], leads: false },
  { tag: 'v1.2.3', others: ['v2.0.0', 'v1', 'nightly', 'v1.3.0-rc.1'], leads: true },
  { tag: 'v1.3.0-rc.1', others: ['v1.2.3'], leads: false },
])('the major tag follows $tag beside $others: $leads', ({ tag, others, leads }) => {
  expect(leadsMajor(tag, others)).toBe(leads);
});

test.each([
  ['      - uses: OWNER/slipway/actions/setup-go-cross@v1', '      - uses: acme/slipway/actions/setup-go-cross@v1.2.3'],
  ['        uses: OWNER/slipway@v1 # the whole chain', '        uses: acme/slipway@v1.2.3 # the whole chain'],
  [
    '    uses: "OWNER/slipway/.github/workflows/deploy.yml@v1"',
    '    uses: "acme/slipway/.github/workflows/deploy.yml@v1.2.3"',
  ],
  [
    '      - { uses: OWNER/slipway@v1, with: { mode: plan } }',
    '      - { uses: acme/slipway@v1.2.3, with: { mode: plan } }',
  ],
  ['      - uses: actions/checkout@v4', '      - uses: actions/checkout@v4'],
  ['    uses: ./.github/workflows/ci.yml', '    uses: ./.github/workflows/ci.yml'],
  ['      - run: echo "uses: OWNER/slipway@v1"', '      - run: echo "uses: OWNER/slipway@v1"'],
])('%s', (line, expected) => {
  expect(withTag(line, 'acme/slipway', 'v1.2.3')).toBe(expected);
});

describe('our own workflows', () => {
  const folder = join(import.meta.dirname, '..', '..', '.github', 'workflows');

  test('name each action of others by its commit, with the version beside it', async () => {
    const files = (await readdir(folder)).filter(name => name.endsWith('.yml'));
    const texts = await Promise.all(files.map(name => readFile(join(folder, name), 'utf8')));
    const uses = texts
      .flatMap(text => text.match(/^ *(- )?(\{ )?uses: .*$/gm) ?? [])
      .map(line => line.trim().replace(/^- |\{ /, ''))
      .filter(line => !/uses: *(\.\/|[\w-]+\/slipway[/@])/.test(line));
    expect(uses.length).toBeGreaterThan(3);
    expect(uses.filter(line => !/^uses: *[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });
});
