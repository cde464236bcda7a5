import { describe, expect, test } from '@jest/globals';
import { parseSmoke } from '../../../src/build-multiarch-image/smoke/inputs.ts';
import { limitArguments } from '../../../src/build-multiarch-image/smoke/podman.ts';

describe('a smoke test', () => {
  test('runs and checks', () => {
    const { runs, checks } = parseSmoke([
      'run',
      'run --version -v',
      'run ["a b"]',
      'http://localhost:8080/healthz 200',
    ]);
    expect(runs).toEqual([[], ['--version', '-v'], ['a b']]);
    expect(checks.map(check => check.name)).toEqual(['http://localhost:8080/healthz']);
  });

  test('nothing is no test', () => {
    expect(parseSmoke([])).toEqual({ runs: [], checks: [] });
  });

  test.each(['tcp 127.0.0.1:53', 'tcp [::1]:80', 'http://127.1.2.3/'])('%s is of this machine', line => {
    expect(parseSmoke([line]).checks).toHaveLength(1);
  });

  test.each([
    'https://example.org/',
    'tcp 10.0.0.1:80',
    'http://localhost.example.org/',
    'run [1]',
    'run ["a"',
    'walk',
  ])('%s is refused', line => {
    expect(() => parseSmoke([line])).toThrow();
  });
});

test('a container gets no more than this process has', () => {
  const limits =
    'Max processes             96365                unlimited            processes\nMax open files            512                  4096                 files';
  expect(limitArguments(limits)).toEqual(['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=16384:16384']);
});
