import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/core/config-file.ts';
import { configSection, sectionTexts } from '../../src/core/config-section.ts';
import { lines, pairs, text } from '../../src/core/values.ts';

const inputs = {
  targets: { description: 'x', value: lines },
  environment: { description: 'x', value: pairs },
  'private-key': { description: 'x', value: text, secret: true },
};
const texts = (section: Record<string, unknown>, env = {}) =>
  sectionTexts(section, inputs, { at: () => 'slipway.yml', directory: '/nowhere', env });
const parsed = (content: string) => parseConfig(content, 'slipway.yml');

describe('slipway.yml', () => {
  test('lists become lines and maps become what a map input reads', async () => {
    const read = await texts({ targets: ['linux/amd64', 'linux/arm64'], environment: { A: 1, B: 'x y' } });
    expect(inputs.targets.value.parse(read['targets']!)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(inputs.environment.value.parse(read['environment']!)).toEqual({ A: '1', B: 'x y' });
  });

  test('a secret comes from the environment', async () => {
    expect(await texts({ 'private-key': { env: 'KEY' } }, { KEY: 'k' })).toEqual({ 'private-key': 'k' });
  });

  test('a secret in plain text is an error that does not repeat it', async () => {
    const failing = texts({ 'private-key': 'hunter2' });
    await expect(failing).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('hunter2'),
    });
  });

  test('what differs from place to place comes from the environment too', async () => {
    expect(await texts({ targets: { env: 'TARGETS' } }, { TARGETS: 'linux/arm64' })).toEqual({
      targets: 'linux/arm64',
    });
    await expect(texts({ targets: { env: 'TARGETS' } })).rejects.toMatchObject({
      code: 'VARIABLE_MISSING',
      message: '"targets" in slipway.yml: the environment variable TARGETS is not set',
    });
  });

  test('an input that takes a map keeps a map with the key env', async () => {
    const read = await texts({ environment: { env: 'HOME' } }, { HOME: '/root' });
    expect(inputs.environment.value.parse(read['environment']!)).toEqual({ env: 'HOME' });
  });

  test.each([
    [{ env: 'NOT_SET' }, 'NOT_SET is not set'],
    [{ file: '/nowhere/key' }, 'ENOENT'],
    [{ file: 'key' }, 'ENOENT'],
  ])('a missing secret %j is named', async (value, part) => {
    await expect(texts({ 'private-key': value })).rejects.toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.stringContaining(part),
    });
  });

  test.each([
    ['bild: {}', 'unknown key "bild" (did you mean "build"?)'],
    ['build: [a', 'line 1'],
    ['build: 3', '"build" is not a map'],
    ['- a', 'not a map'],
    ['deploy: {}', 'not a list'],
    ['deploy: [{kind: deploy-ssh-systmd}]', 'did you mean "deploy-ssh-systemd"?'],
    ['', 'not a map'],
    ['build:', '"build" is empty: give it inputs, or {} for their defaults'],
    ['deploy:', 'not a list'],
    ['deploy: [~]', 'not a list'],
    ['build: {}\nbuild: {}', 'Map keys must be unique at line 2, column 1'],
    ['build: *nowhere', 'nowhere'],
    ['a: b\n---\nc: d', 'multiple documents'],
    ['version: [a]', '"version" is not a text'],
    ['name: hello', 'unknown key "name"'],
    ['version:', '"version" is not a text'],
    [
      'deploy: [{ kind: deploy-ssh-systemd }, { kind: deploy-ssh-systemd }]',
      'deploy[0] and deploy[1] are both deploy-ssh-systemd without a name',
    ],
    [
      'deploy: [{ kind: deploy-ssh-systemd, name: 1 }, { kind: deploy-ssh-systemd, name: "1" }]',
      'both deploy-ssh-systemd with the name "1"',
    ],
    ['deploy: [{ kind: deploy-ssh-systemd, name: a#b }]', 'a name has no #'],
    ['deploy: [{ kind: deploy-ssh-systemd, name: {} }]', '"deploy[0].name" is not a text'],
  ])('%s is refused', (content, part) => {
    expect(() => parseConfig(content, 'slipway.yml')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(part) }),
    );
  });

  test('a number is the text that was written, wherever a text is wanted', async () => {
    const content =
      'version: 1.10\nbuild: { targets: [1.20, 0755], environment: { V: 1.20, ID: 12345678901234567890, ON: yes, NONE: } }';
    const file = parsed(content);
    expect(file.version).toBe('1.10');
    const read = await texts(file.build!);
    expect(inputs.targets.value.parse(read['targets']!)).toEqual(['1.20', '0755']);
    expect(inputs.environment.value.parse(read['environment']!)).toEqual({
      V: '1.20',
      ID: '12345678901234567890',
      ON: 'yes',
      NONE: '',
    });
  });

  test('a number stays one where a number is wanted', async () => {
    const file = parsed('build: { other: [{ weight: 0.50, status: 200 }] }');
    expect(JSON.parse((await texts(file.build!))['other']!)).toEqual([{ weight: 0.5, status: 200 }]);
  });

  test('what a map holds instead of a text is named', async () => {
    const read = await texts({ environment: { A: ['x'] } });
    expect(() => inputs.environment.value.parse(read['environment']!)).toThrow('"A" is a list or a map, not a text');
  });

  test('a key that every object has is a key like any other', async () => {
    expect(await texts({ constructor: { a: 1 } })).toEqual({ constructor: '{"a":1}' });
  });

  test('deployments share what an anchor holds; Windows line ends and a byte order mark are none of its text', async () => {
    const content = 'deploy:\n- &web\n  kind: deploy-ssh-systemd\n  name: 1\n  targets: a\n- <<: *web\n  name: 2\n';
    const file = parsed('\uFEFF' + content.replaceAll('\n', '\r\n'));
    expect(file.deploy).toEqual([
      { kind: 'deploy-ssh-systemd', name: '1', targets: 'a' },
      { kind: 'deploy-ssh-systemd', name: '2', targets: 'a' },
    ]);
  });
});

describe('the section of an action', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'c# config-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const section = async (content: string, config = 'slipway.yml', action = 'deploy-ssh-systemd') => {
    await writeFile(join(folder, 'slipway.yml'), content);
    return (await configSection(action, inputs, { INPUT_CONFIG: config, 'INPUT_WORKING-DIRECTORY': folder }))?.texts;
  };
  const both =
    'deploy: [{ kind: deploy-ssh-systemd, name: 1, targets: a }, { kind: deploy-ssh-systemd, name: b, targets: b }]';

  test('is named by FILE#NAME, also when a folder has a # in its name', async () => {
    expect(await section(both, `${folder}/slipway.yml#1`)).toEqual({ targets: 'a' });
    expect(await section('build: { targets: a }', `${folder}/slipway.yml`, 'setup-go-cross')).toEqual({ targets: 'a' });
  });

  test('one among several has to be named', async () => {
    await expect(section(both)).rejects.toThrow(/name one with config: FILE#NAME \(1, b\)/);
    await expect(section(both, 'slipway.yml#c')).rejects.toThrow(/^.*0 deployments of kind deploy-ssh-systemd fit/);
  });

  test('a secret’s file is found from the working directory', async () => {
    await writeFile(join(folder, 'key'), 'k');
    expect(await section('deploy: [{ kind: deploy-ssh-systemd, private-key: { file: key } }]')).toEqual({
      'private-key': 'k',
    });
  });

  test('only a deployment has a kind and a name that are no inputs', async () => {
    expect(await section('build: { name: x }', 'slipway.yml', 'setup-go-cross')).toEqual({ name: 'x' });
  });
});

test('the version of the file is the build’s, with the root action and alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'config-'));
  const inputs = { version: { description: 'x', value: text }, targets: { description: 'x', value: lines } };
  const read = async (content: string) => {
    await writeFile(join(folder, 'slipway.yml'), content);
    return (await configSection('setup-go-cross', inputs, { INPUT_CONFIG: join(folder, 'slipway.yml') }))?.texts;
  };
  expect(await read('version: 1.10\nbuild: { targets: linux/amd64 }')).toEqual({
    version: '1.10',
    targets: 'linux/amd64',
  });
  expect(await read('version: 1.10\nbuild: { version: v2.0.0 }')).toEqual({ version: 'v2.0.0' });
  await rm(folder, { recursive: true });
});
