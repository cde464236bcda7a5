import { describe, expect, test } from '@jest/globals';
import { formatDate } from '../../../src/build-multiarch-image/tags/date.ts';
import { fillIn } from '../../../src/build-multiarch-image/tags/expression.ts';
import { factsOf } from '../../../src/build-multiarch-image/tags/facts.ts';
import { fieldsOf } from '../../../src/build-multiarch-image/tags/fields.ts';
import { parseFlavor } from '../../../src/build-multiarch-image/tags/flavor.ts';
import { highestStable, mayOwnLatest } from '../../../src/build-multiarch-image/tags/policy.ts';
import { tagOf, tagsOf } from '../../../src/build-multiarch-image/tags/resolve.ts';
import { parseTagRule } from '../../../src/build-multiarch-image/tags/rule.ts';

const release = {
  version: 'v1.2.3',
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  commitTime: '2026-01-31T23:30:05.000Z',
};
const now = new Date('2026-11-21T12:00:00.000Z');

function tags(lines: string[], more: { ref?: string; flavor?: string[] } & Partial<typeof release> = {}): string[] {
  const { ref = 'refs/heads/main', flavor = ['latest=false'], ...given } = more;
  const facts = factsOf({ ...release, ...given }, { GITHUB_REF: ref }, {}, now);
  return tagsOf(lines.map(parseTagRule), parseFlavor(flavor), facts);
}

describe('tags', () => {
  test.each([
    ['plain', ['latest', 'v1'], {}, ['latest', 'v1']],
    ['twice the same', ['v1.2.3', 'type=semver,pattern={{raw}}'], {}, ['v1.2.3']],
    ['raw', ['type=raw,value=edge', 'type=raw,prod'], {}, ['edge', 'prod']],
    ['prefix and suffix', ['type=raw,value=x,prefix=a-,suffix=-b'], {}, ['a-x-b']],
    ['disabled', ['type=raw,value=x,enable=false', 'type=raw,value=y,enable=true'], {}, ['y']],
    [
      'semver',
      [
        'type=semver,pattern={{version}}',
        'type=semver,pattern={{major}}.{{minor}}',
        'type=semver,pattern=v{{ major }}',
      ],
      {},
      ['1.2.3', '1.2', 'v1'],
    ],
    [
      'a prerelease has no floating tags',
      ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}', 'type=semver,pattern={{raw}}'],
      { version: 'v2.0.0-rc.1' },
      ['2.0.0-rc.1', 'v2.0.0-rc.1'],
    ],
    ['semver with its own value', ['type=semver,pattern={{major}},value=v7.0.0'], {}, ['7']],
    ['semver of what is none', ['type=semver,pattern={{version}}', 'x'], { version: 'nightly' }, ['x']],
    ['sha', ['type=sha', 'type=sha,format=long,prefix='], {}, ['sha-abcdef0', release.commit]],
    ['sha without a commit', ['type=sha'], { commit: '' }, []],
    ['branch', ['type=ref,event=branch', 'type=ref,event=tag'], {}, ['main']],
    ['branch with a slash', ['type=ref,event=branch'], { ref: 'refs/heads/feature/a+b' }, ['feature-a-b']],
    ['git tag', ['type=ref,event=tag'], { ref: 'refs/tags/v1.2.3' }, ['v1.2.3']],
    ['pull request', ['type=ref,event=pr'], { ref: 'refs/pull/7/merge' }, ['pr-7']],
  ])('%s', (_, lines, more, expected) => {
    expect(tags(lines, more)).toEqual(expected);
  });

  test.each([
    ['an unknown type', 'type=semvr,pattern={{version}}'],
    ['a version of Python', 'type=pep440,pattern={{version}}'],
    ['an expression that is none', 'type=raw,value={{ }}'],
    ['an expression without an end', 'type=raw,value={{branch'],
    ['a regular expression that is none', 'type=match,pattern=(,group=1'],
    ['a group that is no number', 'type=match,pattern=v(.*),group=foo'],
    ['a priority that is no number', 'type=sha,priority=high'],
    ['an attribute that would do nothing', 'type=sha,pattern=x'],
    ['an unknown expression', 'type=raw,value={{brunch}}'],
    ['an unknown field', 'type=semver,pattern={{date}}'],
    ['no pattern', 'type=semver'],
    ['no value', 'type=raw'],
    ['no event', 'type=ref'],
    ['a tag with a blank', 'my tag'],
    ['a tag of 129 characters', 't'.repeat(129)],
  ])('refuses %s', (_, line) => {
    expect(() => parseTagRule(line)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(TAG|REFERENCE)_INVALID$/) }),
    );
  });

  test('what does not become a tag is an error', () => {
    expect(() => tagOf('+++')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });
});

describe('semver rules', () => {
  const rule = ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}'];
  test.each([
    ['a git tag', { ref: 'refs/tags/v2.0.1', flavor: [] }, ['2.0.1', '2', 'latest']],
    ['no git tag: the version of the release', { flavor: [] }, ['1.2.3', '1', 'latest']],
    ["Go's pseudo-version is no release", { version: 'v0.0.0-20260131233005-abcdef012345' }, []],
    ['a tree with changes neither', { version: 'v1.2.3+dirty' }, []],
    ['a prerelease does not move latest', { version: 'v2.0.0-rc.1', flavor: [] }, ['2.0.0-rc.1']],
    [
      'a suffix, for latest too',
      { flavor: ['suffix=-alpine,onlatest=true'] },
      ['1.2.3-alpine', '1-alpine', 'latest-alpine'],
    ],
  ])('%s', (_, more, expected) => {
    expect(tags(rule, more)).toEqual(expected);
  });
});

test.each([
  [['latest=maybe'], 'auto, true or false'],
  [['onlatest=true'], 'behind prefix or suffix'],
  [['sufix=-x'], 'none of'],
  [['latest'], 'none of'],
])('the flavor %j is refused: %s', (lines, why) => {
  expect(() => parseFlavor(lines)).toThrow(
    expect.objectContaining({ code: 'FLAVOR_INVALID', message: expect.stringContaining(why) }),
  );
});

test.each([
  ['YYYYMMDD-HHmmss', undefined, '20260131-233005'],
  ['YYYY-MM-DD', 'Asia/Tokyo', '2026-02-01'],
  ['dddd D MMMM YY h:mm A', 'Asia/Kolkata', 'Sunday 1 February 26 5:00 AM'],
  ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', undefined, '2026-01-31T23:30:05.000Z'],
  ['HH:mmZ ZZ [at] X DDDD', 'America/St_Johns', '20:00-03:30 -0330 at 1769902205 031'],
])('the date %s in %s is %s', (format, zone, expected) => {
  expect(formatDate(new Date(release.commitTime), format, zone)).toBe(expected);
});

test('a time zone that is none is an error', () => {
  expect(() => tags(["type=raw,value={{date 'YYYY' tz='Mars/Base'}}"])).toThrow(/not a time zone/);
});

test('braces without end are read in no time', () => {
  const began = Date.now();
  expect(() => fillIn(`{{a ${"'b' ".repeat(5000)}`, { a: () => '' })).toThrow(/without an expression that ends/);
  expect(Date.now() - began).toBeLessThan(1000);
});

test.each([
  ['a,b', ['a', 'b']],
  ['type=match,"pattern=\\d{1,3}",group=0', ['type=match', 'pattern=\\d{1,3}', 'group=0']],
  ['"a ""b"" c",d', ['a "b" c', 'd']],
  ['a,,b', ['a', '', 'b']],
])('the line %s has the fields %j', (line, fields) => {
  expect(fieldsOf(line)).toEqual(fields);
});

describe('latest', () => {
  const there = ['latest', 'v1.9.0', '2.1.0', '2.2.0-rc.1', '2.1', 'sha-abcdef0', 'nightly'];
  test('belongs to the highest stable version', () => expect(highestStable(there)?.version).toBe('2.1.0'));
  test('no stable version, no owner', () => expect(highestStable(['latest', '1.0', 'edge'])).toBeUndefined());
  test.each([
    ['v2.1.0', true],
    ['v2.2.0', true],
    ['v1.9.1', false],
    ['v2.2.0-rc.2', false],
    ['v0.0.0-20260131233005-abcdef012345', false],
    ['nightly', false],
  ])('%s: %s', (version, expected) => expect(mayOwnLatest(version, highestStable(there)!)).toBe(expected));
});
