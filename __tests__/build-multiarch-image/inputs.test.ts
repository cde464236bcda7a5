import { describe, expect, test } from '@jest/globals';
import { definition } from '../../src/build-multiarch-image/inputs.ts';
import { readInputs } from '../../src/core/inputs.ts';

const read = (section: Record<string, string>) => readInputs(definition.inputs, {}, section);

describe('inputs', () => {
  test('defaults', () => {
    expect(read({})).toMatchObject({
      images: [],
      tags: [],
      platforms: [],
      binaries: [],
      base: { kind: 'scratch' },
      entrypoint: [],
      cmd: [],
      env: {},
      user: '65532',
      files: [],
      'media-types': 'oci',
      compression: 'gzip',
      'layer-cache': undefined,
      'stop-signal': undefined,
      workdir: undefined,
      ports: [],
      labels: {},
      annotations: { index: {}, manifest: {} },
      push: true,
      output: [],
      concurrency: 4,
      insecure: false,
    });
  });

  test.each<[string, Record<string, string>, object]>([
    [
      'repositories once each',
      { images: 'ghcr.io/a/b\nghcr.io/a/b, quay.io/c' },
      {
        images: [
          { host: 'ghcr.io', path: 'a/b' },
          { host: 'quay.io', path: 'c' },
        ],
      },
    ],
    [
      'platforms as registries name them',
      { platforms: 'linux/arm64/v8.0, linux/arm' },
      { platforms: ['linux/arm64', 'linux/arm/v7'] },
    ],
    ['arguments by line', { entrypoint: '/hello\n-message=a b' }, { entrypoint: ['/hello', '-message=a b'] }],
    ['arguments as JSON', { cmd: '["-x", "# no comment"]' }, { cmd: ['-x', '# no comment'] }],
    ['ports', { ports: '8080, 53/udp' }, { ports: ['8080/tcp', '53/udp'] }],
    ['insecure for all', { insecure: 'TRUE' }, { insecure: true }],
    ['insecure for some', { insecure: 'a.example:5000, [::1]:5000' }, { insecure: ['a.example:5000', '[::1]:5000'] }],
    ['a stop signal', { 'stop-signal': 'sigrtmin+3' }, { 'stop-signal': 'SIGRTMIN+3' }],
    [
      'files',
      { files: 'a:/b:0640\nweb/*:/srv/' },
      {
        files: [
          { source: 'a', destination: 'b', into: false, mode: 0o640 },
          { source: 'web/*', destination: 'srv', into: true, mode: undefined },
        ],
      },
    ],
    ['a layout', { output: 'oci-layout:out/image' }, { output: [{ kind: 'oci-layout', path: 'out/image' }] }],
  ])('%s', (_, section, expected) => {
    expect(read(section)).toMatchObject(expected);
  });

  test.each<[string, Record<string, string>]>([
    ['arguments that are no texts', { cmd: '[1]' }],
    ['arguments that are no JSON', { cmd: '["x"' }],
    ['a platform of another system', { platforms: 'darwin/arm64' }],
    ['a port that is none', { ports: '0' }],
    ['a protocol that is none', { ports: '80/http' }],
    ['a user with blanks', { user: 'a b' }],
    ['a signal that is none', { 'stop-signal': 'TERM' }],
    ['a signal of 0', { 'stop-signal': '0' }],
    ['files without DEST', { files: 'a' }],
    ['files to a relative DEST', { files: 'a:b' }],
    ['two bases for all', { base: 'scratch\nghcr.io/a/b:1' }],
    ['two bases for one platform', { base: 'linux/arm=scratch\nlinux/arm/v7=ghcr.io/a/b:1' }],
    ['a base for no platform', { base: 'linux/amd46=scratch' }],
    ['another compression', { compression: 'brotli' }],
    ['a relative folder', { workdir: 'srv' }],
    ['a URL as insecure host', { insecure: 'http://a.example' }],
    ['another kind of output', { output: 'tarball:image.tar' }],
    ['no blobs at once', { concurrency: '0' }],
    ['an engine that is none', { engine: 'kaniko' }],
    ['a builder that is none', { builder: 'ssh://host' }],
    ['a smoke test of another machine', { smoke: 'https://example.org/healthz' }],
  ])('refuses %s', (_, section) => {
    expect(() => read(section)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});
