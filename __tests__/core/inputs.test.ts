import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SlipwayError } from '../../src/core/errors.ts';
import { commonInputs, readInputs, variableOf } from '../../src/core/inputs.ts';
import { bool, choice, duration, lines, text } from '../../src/core/values.ts';

const schema = {
  'go-version': { description: 'x', value: text },
  targets: { description: 'x', value: lines, default: '' },
  deadline: { description: 'x', value: duration, default: '30s' },
  mode: { description: 'x', value: choice('plan', 'deploy'), default: 'deploy' },
  cache: { description: 'x', value: bool, default: 'true' },
  'private-key': { description: 'x', value: text, secret: true },
} as const;

const env = (inputs: Record<string, string>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variableOf(name), value]));

const problem = (run: () => unknown): SlipwayError => {
  try {
    run();
  } catch (error) {
    return error as SlipwayError;
  }
  throw new Error('nothing was thrown');
};

describe('readInputs', () => {
  let written: ReturnType<typeof jest.spyOn>;
  beforeEach(() => {
    written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterEach(() => written.mockRestore());

  test('gives every input its type and default', () => {
    expect(readInputs(schema, env({ targets: 'linux/amd64\n# comment\n\nlinux/arm64' }))).toEqual({
      'go-version': undefined,
      targets: ['linux/amd64', 'linux/arm64'],
      deadline: 30_000,
      mode: 'deploy',
      cache: true,
      'private-key': undefined,
    });
  });

  test('an input outranks the config file, which outranks the default', () => {
    const read = (inputs: Record<string, string>) => readInputs(schema, env(inputs), { deadline: '5s' }).deadline;
    expect(read({ deadline: '7s' })).toBe(7000);
    expect(read({})).toBe(5000);
    expect(readInputs(schema, {}).deadline).toBe(30_000);
  });

  test('reports all problems at once, each with name, value and what is allowed', () => {
    const error = problem(() => readInputs(schema, env({ deadline: '30', mode: 'dploy', cache: 'yes' })));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message.split('; input ')).toHaveLength(3);
    for (const part of [
      '"deadline" is "30"',
      'such as 300ms',
      '"mode" is "dploy"',
      'plan, deploy',
      '"cache" is "yes"',
    ]) {
      expect(error.message).toContain(part);
    }
  });

  test('an unknown input says what was probably meant', () => {
    const error = problem(() => readInputs(schema, env({ 'go-verison': '1.26' })));
    expect(error.message).toContain('unknown input "go-verison" (did you mean "go-version"?)');
  });

  test('an unknown key of the config file says what was probably meant', () => {
    expect(problem(() => readInputs(schema, {}, { target: 'x' })).message).toContain('did you mean "targets"?');
  });

  test.each(['release', 'config', 'working-directory'])('"%s" is no key of the config file', key => {
    const error = problem(() => readInputs({ ...schema, ...commonInputs }, {}, { [key]: 'x' }));
    expect(error.message).toContain(`unknown key "${key}" in the config file`);
  });

  test('a missing required input is named', () => {
    const required = { hosts: { description: 'x', value: lines, required: true } } as const;
    expect(problem(() => readInputs(required, {})).message).toBe('input "hosts" is missing: give one item a line');
  });

  test('a secret is masked and never shown', () => {
    const secret = { 'private-key': { description: 'x', value: duration, secret: true } } as const;
    const error = problem(() => readInputs(secret, env({ 'private-key': 'hunter2' })));
    expect(error.message).not.toContain('hunter2');
    expect(written.mock.calls.map((call: unknown[]) => String(call[0])).join('')).toContain('::add-mask::hunter2');
  });
});
