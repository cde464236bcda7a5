import { describe, expect, test } from '@jest/globals';
import { givenInputs, nativeOnly, wantedEngine } from '../../../src/build-multiarch-image/dockerfile/engine.ts';
import { definition } from '../../../src/build-multiarch-image/inputs.ts';
import { readInputs } from '../../../src/core/inputs.ts';

function engineOf(section: Record<string, string>): string {
  const inputs = readInputs(definition.inputs, {}, section);
  return wantedEngine(inputs, givenInputs(definition.inputs, inputs, {}));
}

describe('the engine', () => {
  test.each<[Record<string, string>, string]>([
    [{}, 'native'],
    [{ binaries: 'dist/*', base: 'ghcr.io/a/b', user: '1000' }, 'native'],
    [{ engine: 'native' }, 'native'],
    [{ context: '.' }, 'auto'],
    [{ file: 'Dockerfile' }, 'auto'],
    [{ 'build-args': 'A=b' }, 'auto'],
    [{ 'no-cache': 'false' }, 'native'],
    [{ builder: 'tcp://host:1' }, 'buildx'],
    [{ builder: 'unix:///x', 'driver-opts': 'a=b' }, 'buildx'],
    [{ engine: 'buildah' }, 'buildah'],
    [{ engine: 'buildx', labels: 'a=b', platforms: 'linux/arm64' }, 'buildx'],
  ])('%j: %s', (section, engine) => {
    expect(engineOf(section)).toBe(engine);
  });

  test.each<[Record<string, string>, string]>([
    [{ engine: 'native', context: '.' }, 'context'],
    [{ engine: 'native', secrets: 'a=bcdefgh' }, 'secrets'],
    [{ engine: 'buildx', base: 'ghcr.io/a/b' }, 'base'],
    [{ context: '.', binaries: 'dist/*' }, 'binaries'],
    [{ context: '.', user: '1000', ports: '80' }, '"user", "ports"'],
    [{ engine: 'buildah', builder: 'tcp://host:1' }, 'builder'],
    [{ engine: 'buildah', 'driver-opts': 'a=b' }, 'driver-opts'],
    [{ engine: 'buildx', 'driver-opts': 'a=b' }, 'driver-opts'],
    [{ builder: 'name', 'driver-opts': 'a=b' }, 'driver-opts'],
  ])('%j: %s would do nothing', (section, name) => {
    expect(() => engineOf(section)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(name) }),
    );
  });

  test('what the workflow gives counts also where it is the default', () => {
    const inputs = readInputs(definition.inputs, { INPUT_USER: '65532' }, {});
    expect(givenInputs(definition.inputs, inputs, { INPUT_USER: '65532' })).toEqual(new Set(['user']));
  });

  test('every input that it names is one', () => {
    for (const name of nativeOnly) expect(Object.keys(definition.inputs)).toContain(name);
  });
});
