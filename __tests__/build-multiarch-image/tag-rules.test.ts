import { describe, expect, test } from '@jest/globals';
import { parseTagRule, tagOf, tagsOf } from '../../src/build-multiarch-image/tag-rules.ts';

const facts = { version: 'v1.2.3', commit: 'abcdef0123456789abcdef0123456789abcdef01', ref: 'refs/heads/main' };
const tags = (lines: string[], more: object = {}) => tagsOf(lines.map(parseTagRule), { ...facts, ...more });

describe('tags', () => {
  test.each([
    ['no rule: the version', [], {}, ['v1.2.3']],
    ['a version that is no tag', [], { version: 'v1.2.3+linux.1' }, ['v1.2.3-linux.1']],
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
    ['sha', ['type=sha', 'type=sha,format=long,prefix='], {}, ['sha-abcdef0', facts.commit]],
    ['sha without a commit', ['type=sha'], { commit: undefined }, []],
    ['branch', ['type=ref,event=branch', 'type=ref,event=tag'], {}, ['main']],
    ['branch with a slash', ['type=ref,event=branch'], { ref: 'refs/heads/feature/a+b' }, ['feature-a-b']],
    ['git tag', ['type=ref,event=tag'], { ref: 'refs/tags/v1.2.3' }, ['v1.2.3']],
    ['pull request', ['type=ref,event=pr'], { ref: 'refs/pull/7/merge' }, ['pr-7']],
  ])('%s', (_, lines, more, expected) => {
    expect(tags(lines, more)).toEqual(expected);
  });

  test.each([
    ['a type that is not supported', 'type=schedule,pattern=nightly'],
    ['an attribute that would do nothing', 'type=sha,pattern=x'],
    ['an expression', 'type=raw,value={{branch}}'],
    ['an expression to enable', 'type=raw,value=x,enable={{is_default_branch}}'],
    ['an unknown field', 'type=semver,pattern={{date}}'],
    ['no pattern', 'type=semver'],
    ['no value', 'type=raw'],
    ['no event', 'type=ref'],
    ['a tag with a blank', 'my tag'],
    ['several tags in a line', 'a,b'],
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
