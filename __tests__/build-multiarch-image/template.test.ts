import { expect, test } from '@jest/globals';
import { parseTemplate } from '../../src/build-multiarch-image/template.ts';

test.each([
  [
    'dist/{name}-{os}-{arch}{variant}',
    'dist/my-app-linux-armv7',
    { name: 'my-app', os: 'linux', arch: 'arm', variant: 'v7' },
  ],
  ['dist/{name}-{os}-{arch}{variant}', 'dist/hello-linux-arm64', { name: 'hello', os: 'linux', arch: 'arm64' }],
  [
    'dist/{name}-{os}-{arch}{variant}',
    'dist/hello-linux-mipslesoftfloat',
    { name: 'hello', os: 'linux', arch: 'mipsle', variant: 'softfloat' },
  ],
  [
    'dist/{name}_{os}_{arch}{variant}{ext}',
    'dist/hello_windows_amd64.exe',
    { name: 'hello', os: 'windows', arch: 'amd64' },
  ],
  ['./dist/{os}/{arch}/hello', 'dist/linux/amd64/hello', { os: 'linux', arch: 'amd64' }],
  ['{os}-{arch}/hello-{os}', 'linux-amd64/hello-linux', { os: 'linux', arch: 'amd64' }],
  ['dist/**/{name}-{arch}', 'dist/a/b/hello-386', { name: 'hello', arch: '386' }],
  ['dist/*-{arch}', 'dist/hello-amd64', { arch: 'amd64' }],
  ['dist/*', 'dist/anything', {}],
])('%s reads %s', (text, path, expected) => {
  expect(parseTemplate(text).read(path)).toEqual(expected);
});

test.each([
  ['dist/{name}-{os}-{arch}', 'dist/hello-linux-armv7'],
  ['dist/{name}-{os}-{arch}', 'dist/SHA256SUMS'],
  ['{os}/hello-{os}', 'linux/hello-darwin'],
])('%s does not fit %s', (text, path) => {
  expect(parseTemplate(text).read(path)).toBeUndefined();
});

test('finds by a glob', () => {
  expect(parseTemplate('dist/{name}-{os}-{arch}{variant}').glob).toBe('dist/*-*-*');
  expect(parseTemplate('dist/**/{name}').glob).toBe('dist/**/*');
});

test('an unknown word is an error that names the known ones', () => {
  expect(() => parseTemplate('dist/{target}')).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', hint: expect.stringContaining('{variant}') }),
  );
});
