import { describe, expect, test } from '@jest/globals';
import { parseModInfo } from '../../../src/core/binary/build-info.ts';
import { purlOf, uuidOf } from '../../../src/core/sbom/purl.ts';
import { sbomOf } from '../../../src/setup-go-cross/outputs/sbom.ts';
import { schemaErrors } from './cyclonedx.ts';

const lines = [
  'path\texample.com/acme/Hello/cmd/server',
  'mod\texample.com/acme/Hello\t(devel)\t',
  'dep\tgithub.com/BurntSushi/toml\tv1.4.0\th1:kuoIxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=',
  'dep\texample.com/forked\tv1.0.0\t',
  '=>\texample.com/fork\tv1.0.1\th1:AAAAxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=',
  'dep\texample.com/local\tv0.3.0\t',
  '=>\t./local\t\t',
  'dep\texample.com/elsewhere\tv0.3.0\t',
  '=>\t/home/someone/elsewhere\t\t',
  'dep\texample.com/old\tv2.0.0+incompatible\th1:BBBBxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=',
  'build\t-tags=netgo,osusergo',
  'build\tCGO_ENABLED=0',
  'build\tGOARCH=amd64',
  'build\tGOOS=linux',
  'build\tvcs.revision=c0ffee',
];
const subject = {
  buildinfo: parseModInfo('go1.26.8 X:jsonv2', lines.join('\n')),
  sha256: 'ab'.repeat(32),
  version: 'v1.2.3',
  commitTime: '2026-01-02T02:04:05Z' as string | undefined,
};
const sbom = sbomOf(subject);
const component = (name: string) => sbom.components.find(one => one.name === name)!;

describe('the SBOM of a program', () => {
  test.each([
    ['with a commit', subject],
    ['without a repository', { ...subject, commitTime: undefined }],
    ['without modules', { ...subject, buildinfo: { ...subject.buildinfo, deps: [], mod: undefined } }],
  ])('is valid CycloneDX 1.6: %s', (_, one) => {
    expect(schemaErrors(JSON.parse(JSON.stringify(sbomOf(one))))).toEqual([]);
  });

  test('the check by the schema can fail', () => {
    expect(schemaErrors({ ...sbom, components: [{ type: 'librari', name: 'x' }] })).not.toEqual([]);
    expect(schemaErrors({ ...sbom, metadata: { ...sbom.metadata, timestamp: 'yesterday' } })).not.toEqual([]);
  });

  test('describes the program itself', () => {
    expect(sbom.metadata.timestamp).toBe('2026-01-02T02:04:05Z');
    expect(sbom.metadata.component).toMatchObject({
      type: 'application',
      name: 'example.com/acme/Hello/cmd/server',
      version: 'v1.2.3',
      purl: 'pkg:golang/example.com/acme/hello@v1.2.3#cmd/server',
      hashes: [{ alg: 'SHA-256', content: subject.sha256 }],
      pedigree: { commits: [{ uid: 'c0ffee' }] },
    });
    expect(sbom.metadata.component.properties).toEqual([
      { name: 'cdx:gomod:build:env:GOVERSION', value: 'go1.26.8 X:jsonv2' },
      { name: 'cdx:gomod:build:env:GOOS', value: 'linux' },
      { name: 'cdx:gomod:build:env:GOARCH', value: 'amd64' },
      { name: 'cdx:gomod:build:env:CGO_ENABLED', value: '0' },
      { name: 'cdx:gomod:build:tag', value: 'netgo' },
      { name: 'cdx:gomod:build:tag', value: 'osusergo' },
    ]);
  });

  test('lists the standard library as scanners know it', () => {
    expect(component('stdlib')).toMatchObject({ version: '1.26.8', purl: 'pkg:golang/stdlib@1.26.8' });
  });

  test('a module has its version and its sum', () => {
    expect(component('github.com/BurntSushi/toml')).toMatchObject({
      version: 'v1.4.0',
      purl: 'pkg:golang/github.com/burntsushi/toml@v1.4.0',
      properties: [{ name: 'slipway:go:sum', value: 'h1:kuoIxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=' }],
    });
    expect(component('example.com/old').purl).toBe('pkg:golang/example.com/old@v2.0.0%2Bincompatible');
  });

  test('a replaced module is what replaced it, with its ancestor', () => {
    expect(component('example.com/fork')).toMatchObject({
      version: 'v1.0.1',
      pedigree: { ancestors: [{ name: 'example.com/forked', version: 'v1.0.0' }] },
    });
    expect(component('example.com/forked')).toBeUndefined();
  });

  test('a module replaced by a folder has no version, and no folder of this machine', () => {
    expect(component('example.com/local')).toMatchObject({
      purl: 'pkg:golang/example.com/local',
      properties: [{ name: 'slipway:go:replaced-by', value: './local' }],
    });
    expect(component('example.com/local').version).toBeUndefined();
    expect(JSON.stringify(sbom)).not.toContain('/home/someone');
  });

  test('every component is in the graph, once', () => {
    const refs = sbom.components.map(one => one['bom-ref']);
    expect(new Set(refs).size).toBe(6);
    expect(sbom.dependencies.map(one => one.ref)).toEqual([sbom.metadata.component['bom-ref'], ...refs]);
    expect(sbom.dependencies[0]!.dependsOn).toEqual(refs);
  });

  test('same program, same document; another one, another serial number', () => {
    expect(sbomOf(subject)).toEqual(sbom);
    expect(sbomOf({ ...subject, sha256: 'cd'.repeat(32) }).serialNumber).not.toBe(sbom.serialNumber);
  });

  test('a program of a dependency has the version that its module is known by', () => {
    const buildinfo = parseModInfo('go1.26.8', 'path\texample.com/tool\nmod\texample.com/tool\tv0.9.0\th1:x=\n');
    expect(sbomOf({ ...subject, buildinfo }).metadata.component.version).toBe('v0.9.0');
  });
});

test.each([
  ['example.com/a', 'v1.0.0', undefined, 'pkg:golang/example.com/a@v1.0.0'],
  ['example.com/A/b~c', '', 'cmd/x', 'pkg:golang/example.com/a/b~c#cmd/x'],
  ['example.com/a', 'v1.0.0+dirty', '', 'pkg:golang/example.com/a@v1.0.0%2Bdirty'],
] as const)('purl of %s %s', (path, version, inside, expected) => {
  expect(purlOf(path, version, inside)).toBe(expected);
});

test('a UUID is one by its form', () => {
  expect(uuidOf('x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
