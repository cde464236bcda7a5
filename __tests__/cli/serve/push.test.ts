import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readPush } from '../../../src/cli/serve/push.ts';
import type { Wanted } from '../../../src/cli/serve/wanted.ts';
import { gitea, github, gitlab, type Sent } from './pushes.ts';

const secret = 's'.repeat(32);
const after = 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7';
const pushed = { ref: 'refs/heads/main', after };
const read = ({ headers, body }: Sent, wanted: Wanted = { branches: ['release/1.x', 'main'] }) =>
  readPush(headers, Buffer.from(body), wanted);

describe.each([
  ['github', github, 'x-github-delivery', 'ping'],
  ['gitlab', gitlab, 'idempotency-key', 'Tag Push Hook'],
  ['gitea', gitea, 'x-gitea-delivery', 'create'],
] as const)('%s', (forge, send, delivery, other) => {
  test('a push', () => {
    const sent = send(pushed, secret);
    expect(read(sent)).toEqual({ forge, delivery: sent.headers[delivery], branch: 'main', commit: after });
  });
  test.each([
    ['another event', send(pushed, secret, other), 200, `${forge} tells of "${other}"`],
    ['another branch', send({ ...pushed, ref: 'refs/heads/mainline' }, secret), 200, 'none of the branches'],
    ['a tag called like it', send({ ...pushed, ref: 'refs/tags/main' }, secret), 200, 'none of the branches'],
    ['a deleted branch', send({ ...pushed, after: '0'.repeat(40) }, secret), 200, 'main was deleted'],
    ['an option in place of a commit', send({ ...pushed, after: '--upload-pack=id' }, secret), 422, 'no push'],
    ['a short commit', send({ ...pushed, after: after.slice(0, 12) }, secret), 422, 'no push'],
  ])('%s is none', (_, sent, status, why) => {
    expect(read(sent)).toEqual({ status, why: expect.stringContaining(why) });
  });
  test('of a tag, where tags are released; then a push of a branch is none', () => {
    const [event, more] = forge === 'gitlab' ? ['Tag Push Hook', { object_kind: 'tag_push' }] : ['push', {}];
    const wanted = { branches: ['main'], tags: ['v*'] };
    const of = (ref: string, commit = after) => read(send({ ref, after: commit, more }, secret, event), wanted);
    expect(of('refs/tags/v1.2.3')).toMatchObject({ forge, branch: '', tag: 'v1.2.3', commit: after });
    for (const ref of [
      'refs/heads/main',
      'refs/heads/v1',
      'refs/tags/w1',
      'refs/tags/v1/../../heads/x',
      'refs/tags/v1 x',
    ])
      expect(of(ref)).toEqual({ status: 200, why: expect.stringContaining('is none of the tags that are released') });
    expect(of('refs/tags/v1.2.3', '0'.repeat(40))).toEqual({ status: 200, why: 'v1.2.3 was deleted' });
    expect(read(send(pushed, secret), wanted)).toMatchObject({ status: 200 });
  });
  test('without an id of its delivery it is none', () => {
    const { headers, body } = send(pushed, secret);
    const without = Object.fromEntries(
      Object.entries(headers).filter(([name]) => !/delivery|key|uuid|-id$/.test(name)),
    );
    expect(read({ headers: without, body })).toMatchObject({ status: 422 });
  });
});

test('whatever the body is, it is refused or a commit of a branch', () => {
  const { headers } = github(pushed, secret);
  const odd = fc.oneof(
    fc.json(),
    fc.string(),
    fc.json({ maxDepth: 1 }).map(text => `{"ref":${text},"after":${text}}`),
  );
  fc.assert(
    fc.property(odd, body => {
      const got = read({ headers, body });
      expect('why' in got || /^[0-9a-f]{40,64}$/.test(got.commit)).toBe(true);
    }),
  );
});

test('sha256 repositories have longer names', () => {
  expect(read(gitea({ ...pushed, after: 'b'.repeat(64) }, secret))).toMatchObject({ commit: 'b'.repeat(64) });
});
