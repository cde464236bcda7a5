import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatReference, parseReference, parseRepository } from '../../../src/core/registry/reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseReference', () => {
  test.each([
    ['ghcr.io/acme/hello', 'ghcr.io', 'acme/hello', undefined, undefined],
    ['localhost/hello', 'localhost', 'hello', undefined, undefined],
    ['localhost:5000/hello', 'localhost:5000', 'hello', undefined, undefined],
    ['127.0.0.1:5000/a/b/c:v1', '127.0.0.1:5000', 'a/b/c', 'v1', undefined],
    ['[::1]:5000/hello:v1', '[::1]:5000', 'hello', 'v1', undefined],
    [`host:5000/x@${digest}`, 'host:5000', 'x', undefined, digest],
    [`host:5000/x:1.0@${digest}`, 'host:5000', 'x', '1.0', digest],
    ['docker.io/alpine', 'docker.io', 'library/alpine', undefined, undefined],
    ['docker.io/acme/hello', 'docker.io', 'acme/hello', undefined, undefined],
    ['registry.example.com/a-b/c__d/e.f', 'registry.example.com', 'a-b/c__d/e.f', undefined, undefined],
    [`ghcr.io/a:${'t'.repeat(128)}`, 'ghcr.io', 'a', 't'.repeat(128), undefined],
  ])('%s', (text, host, path, tag, found) => {
    const reference = parseReference(text);
    expect(reference.repository).toEqual({ host, path });
    expect([reference.tag, reference.digest]).toEqual([tag, found]);
  });

  test.each([
    ['no host', 'acme/hello', 'names no registry'],
    ['a bare name', 'hello', 'names no registry'],
    ['nothing', '', 'names no registry'],
    ['a path with a slash in front', '/hello', 'names no registry'],
    ['a URL', 'https://ghcr.io/acme/hello', 'not a host'],
    ['a port that is none', 'ghcr.io:99999/hello', 'not a host'],
    ['no path', 'ghcr.io/', 'not a part of a repository name'],
    ['upper case', 'ghcr.io/Acme/hello', 'not a part of a repository name'],
    ['two slashes', 'ghcr.io/acme//hello', 'not a part of a repository name'],
    ['a path that climbs', 'ghcr.io/acme/../hello', 'not a part of a repository name'],
    ['an empty tag', 'ghcr.io/hello:', 'not a tag'],
    ['two tags', 'ghcr.io/hello:a:b', 'not a tag'],
    ['a tag with a slash', 'ghcr.io/hello:a/b', 'not a tag'],
    ['a tag of 129 characters', `ghcr.io/hello:${'t'.repeat(129)}`, '129 characters'],
    ['a short digest', 'ghcr.io/hello@sha256:abc', 'not a digest'],
    ['an upper-case digest', `ghcr.io/hello@${digest.toUpperCase()}`, 'not a digest'],
    ['blanks', 'ghcr.io/hello world', 'not a part'],
    ['a repository of over 255 characters', `ghcr.io/${'a'.repeat(250)}`, 'too long'],
  ])('refuses %s', (_, text, why) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    expect(() => parseReference(text)).toThrow(why);
  });

  test('says how upper case is written right', () => {
    expect(() => parseReference('ghcr.io/Acme/Hello')).toThrow(
      expect.objectContaining({ hint: 'Repository names are lower case: ghcr.io/acme/hello.' }),
    );
  });

  test('what it reads is what it writes', () => {
    const part = fc.stringMatching(/^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/, { maxLength: 12 });
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/), { nil: undefined });
    const paths = fc.array(part, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom('ghcr.io', 'localhost:5000', '[::1]:80'),
        paths,
        tag,
        fc.boolean(),
        (host, path, tag, pinned) => {
          const reference = {
            repository: { host, path: path.join('/') },
            ...(tag === undefined ? {} : { tag }),
            ...(pinned ? { digest } : {}),
          };
          expect(parseReference(formatReference(reference))).toEqual(reference);
        },
      ),
    );
  });
});

test.each(['ghcr.io/acme/hello:v1', `ghcr.io/acme/hello@${digest}`])('%s is no repository', text => {
  expect(() => parseRepository(text)).toThrow(expect.objectContaining({ hint: 'Write ghcr.io/acme/hello.' }));
});
