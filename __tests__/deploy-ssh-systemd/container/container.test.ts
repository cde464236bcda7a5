import { describe, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../../src/core/record/schema.ts';
import { containerOf, referenceOf } from '../../../src/deploy-ssh-systemd/container/container.ts';
import { dockerCannot } from '../../../src/deploy-ssh-systemd/container/docker.ts';
import { whatNoContainerHas } from '../../../src/deploy-ssh-systemd/container/must-agree.ts';
import { type ContainerFacts, judgeEngine } from '../../../src/deploy-ssh-systemd/container/obstacles.ts';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const plain = {
  runtime: 'container',
  'container-engine': undefined,
  image: undefined,
  'registry-username': undefined,
  'registry-password': undefined,
} as const;
const image = {
  repositories: ['ghcr.io/acme/hello', 'quay.io/acme/hello'],
  digest,
  tags: [],
  platforms: [],
  attestations: [],
};
const recorded = (...images: ReleaseRecord['images']) => ({ images });

describe('containerOf', () => {
  test('the image of the record, by its digest; parts of one job are none', () => {
    const record = recorded({ ...image, digest: `sha256:${'b'.repeat(64)}`, part: true }, image);
    expect(referenceOf(containerOf(plain, record, true)!)).toBe(`ghcr.io/acme/hello@${digest}`);
  });

  test('an image that is named outranks it; its tag does not count', () => {
    const named = { ...plain, image: `quay.io/acme/other:v1@${digest}` };
    expect(referenceOf(containerOf(named, recorded(image), true)!)).toBe(`quay.io/acme/other@${digest}`);
  });

  test('the login is for its registry alone', () => {
    const given = { ...plain, 'registry-username': 'me', 'registry-password': 'it' };
    const { login } = containerOf(given, recorded(image), true)!;
    expect(JSON.parse(login)).toEqual({ auths: { 'ghcr.io': { auth: Buffer.from('me:it').toString('base64') } } });
    expect(containerOf(plain, recorded(image), true)!.login).toBe('');
  });

  test.each([
    ['a tag', { ...plain, image: 'ghcr.io/acme/hello:v1' }, recorded(), /has no digest/],
    ['no image', plain, recorded(), /there is no image in the record/],
    ['two images', plain, recorded(image, image), /has 2 images/],
    [
      'an image for a binary',
      { ...plain, runtime: 'binary', image: 'x.io/a' } as const,
      recorded(),
      /runtime" is binary/,
    ],
  ])('%s is refused', (_, inputs, record, words) => {
    expect(() => containerOf(inputs, record, true)).toThrow(words);
  });

  test('where nothing is deployed there need not be one', () => {
    expect(containerOf(plain, undefined, false)).toEqual({ engine: undefined, image: undefined, login: '' });
    expect(containerOf({ ...plain, runtime: 'binary' }, undefined, true)).toBeUndefined();
  });
});

test('what no container has', () => {
  const settings = {
    container: { engine: 'podman', image: undefined, login: '' },
    layout: 'systemd',
    restartMethod: 'restart',
    way: 'restart',
    unit: {},
    files: [],
  } as unknown as Settings;
  expect(whatNoContainerHas(settings)).toEqual([]);
  const unit = { watchdog: 1 } as Settings['unit'];
  const all = { ...settings, layout: 'nfs', way: 'reload-HUP', unit, files: [{}], timer: {} } as unknown as Settings;
  expect(whatNoContainerHas(all)).toEqual(['reload-signal', 'watchdog', 'files', 'timer', 'layout: nfs']);
  const rotated = { ...settings, logs: { rotate: {}, syslog: undefined } } as unknown as Settings;
  expect(whatNoContainerHas(rotated)).toEqual(['rotate in logs']);
  const sent = { ...settings, logs: { rotate: undefined, syslog: {} } } as unknown as Settings;
  expect(whatNoContainerHas(sent)).toEqual([]);
  const inProject = { ...settings.container, compose: {} } as unknown as Settings['container'];
  expect(whatNoContainerHas({ ...sent, container: inProject })).toEqual(['syslog in logs']);
  expect(whatNoContainerHas({ ...all, container: undefined })).toEqual([]);
  const nas = { ...settings, layout: 'dsm' } as const;
  expect(whatNoContainerHas(nas)).toEqual([]);
  const compose = { ...settings.container, compose: {} } as unknown as Settings['container'];
  expect(whatNoContainerHas({ ...nas, container: compose })).toEqual(['layout: dsm']);
});

describe('what runs containers on a host', () => {
  const podman: ContainerFacts = {
    engine: 'podman',
    serving: '',
    runtime: 'crun',
    docker: '',
    compose: false,
    foreign: [],
    confined: false,
  };
  const docker: ContainerFacts = { ...podman, engine: 'docker', runtime: '', docker: '20.10.24' };

  test.each<[string, ContainerFacts, string[]]>([
    ['podman with crun', podman, []],
    ['podman with runc', { ...podman, runtime: 'runc' }, ['PROGRAMS_MISSING']],
    ['neither', { ...podman, runtime: '' }, ['PROGRAMS_MISSING']],
    ['docker', docker, []],
    ['docker without its daemon', { ...docker, docker: '' }, ['PROGRAMS_MISSING']],
    ['another one than that of what serves', { ...docker, serving: 'podman' }, ['ENGINE_CHANGED']],
    ['an installed agent', { ...podman, confined: true }, ['HOST_REFUSED']],
  ])('%s', (_, facts, codes) => expect(judgeEngine(facts, false).map(one => one.code)).toEqual(codes));

  test('not for services of a user’s own', () =>
    expect(judgeEngine(podman, true).map(one => one.code)).toEqual(['HOST_REFUSED']));
});

describe('what docker cannot do', () => {
  const settings = { container: { engine: 'docker', image: undefined, login: '' }, type: 'exec', unit: {} };
  const cannot = (given: object) => dockerCannot({ ...settings, ...given } as unknown as Settings).map(one => one.seen);

  test('nothing of an ordinary service', () =>
    expect(cannot({ listen: { port: 8080 }, unit: { memoryMax: 1 } })).toEqual([]));

  test('a word of its own that it is ready', () => expect(cannot({ type: 'notify' })).toHaveLength(1));

  test('a port that is root’s, but of two instances each has one of its own', () => {
    expect(cannot({ listen: { port: 80 } })).toHaveLength(1);
    expect(cannot({ listen: { port: 80 }, ports: [8081, 8082] })).toEqual([]);
  });

  test('limits of all containers of a project together', () => {
    const compose = { compose: {} };
    expect(cannot({ container: compose, listen: { port: 80 }, unit: { memoryMax: 1, tasksMax: 2 } })).toEqual([
      expect.stringContaining('`memory-max`'),
      expect.stringContaining('`tasks-max`'),
    ]);
  });
});
