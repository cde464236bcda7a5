import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/core/config-file.ts';
import { sectionTexts } from '../../src/core/config-section.ts';
import { lines, pairs, text } from '../../src/core/values.ts';

const inputs = {
  targets: { description: 'x', value: lines },
  environment: { description: 'x', value: pairs },
  'private-key': { description: 'x', value: text, secret: true },
};
const texts = (section: Record<string, unknown>, env = {}) => sectionTexts(section, inputs, 'slipway.yml', env);

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
  ])('%s is refused', (content, part) => {
    expect(() => parseConfig(content, 'slipway.yml')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(part) }),
    );
  });
});
