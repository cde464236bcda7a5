import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { formatReference, parseReference } from '../../../src/core/registry/reference.ts';
import { imageOf, pinned, pinnedBy } from '../../../src/deploy-ssh-systemd/compose/pin.ts';
import { judgeProject } from '../../../src/deploy-ssh-systemd/container/obstacles.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const nameOf = (image: string, environment = {}) => formatReference(imageOf('web', { image }, environment));

test.each([
  ['postgres:17', 'docker.io/library/postgres:17'],
  ['acme/hello', 'docker.io/acme/hello'],
  ['ghcr.io/acme/hello:1', 'ghcr.io/acme/hello:1'],
  ['localhost:5000/hello', 'localhost:5000/hello'],
  ['$' + '{HOST}/hello:$' + '{TAG:-stable}', 'quay.io/hello:stable'],
])('%s is %s', (image, whole) => {
  expect(nameOf(image, { HOST: 'quay.io' })).toBe(whole);
});

test('a variable that nobody gives is refused', () => {
  expect(() => nameOf('ghcr.io/hello:$TAG')).toThrow(/TAG is not known/);
});

test('a digest that is named, else the record’s, in whichever of its repositories', () => {
  const image = { repositories: ['quay.io/a/b', 'ghcr.io/a/b'], digest, tags: [], platforms: [], attestations: [] };
  const record = { images: [image] };
  const other = `sha256:${'b'.repeat(64)}`;
  expect(pinnedBy(parseReference(`ghcr.io/a/b:v1@${other}`), record)?.digest).toBe(other);
  expect(pinnedBy(parseReference('ghcr.io/a/b:latest'), record)?.digest).toBe(digest);
  expect(pinnedBy(parseReference('ghcr.io/a/c:latest'), record)).toBeUndefined();
  expect(pinnedBy(parseReference('ghcr.io/a/b'), { images: [{ ...image, part: true }] })).toBeUndefined();
});

test('the host’s file has digests, builds nothing, and leaves restarts to systemd', () => {
  const web = { image: 'x.io/a:1', build: '.', restart: 'always', pull_policy: 'always', ports: ['22:22'] };
  const project = {
    name: 'shop',
    services: { web },
    document: { name: 'shop', volumes: { data: {} }, services: { web } },
  };
  const text = pinned(project, new Map([['web', parseReference(`x.io/a@${digest}`)]]));
  expect(parse(text, { version: '1.1' })).toEqual({
    volumes: { data: {} },
    services: { web: { image: `x.io/a@${digest}`, ports: ['22:22'] } },
  });
});

test.each([
  ['all is there', true, [], []],
  ['no podman-compose', false, [], ['PROGRAMS_MISSING']],
  ['containers of others', true, ['theirs'], ['PROJECT_FOREIGN']],
])('%s', (_, there, foreign, codes) => {
  expect(judgeProject('shop', { engine: 'podman', compose: there, foreign }).map(({ code }) => code)).toEqual(codes);
});
