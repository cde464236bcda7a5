import { describe, expect, test } from '@jest/globals';
import { cyclonedxOf } from '../../../src/build-multiarch-image/attest/cyclonedx.ts';
import { partsOf } from '../../../src/build-multiarch-image/attest/parts.ts';
import { spdxOf } from '../../../src/build-multiarch-image/attest/spdx.ts';
import { schemaErrors } from '../../setup-go-cross/outputs/cyclonedx.ts';
import { graphOf, inventoryOf } from './graph.ts';

const toml = 'pkg:golang/github.com/burntsushi/toml@v1.4.0';
const settings = {
  name: 'hello',
  version: 'v1.2.3',
  created: '2026-01-02T03:04:05Z',
  onBase: false,
  licenses: new Map([[toml, 'MIT']]),
};
const graph = graphOf();
const parts = partsOf(inventoryOf(graph, 0), settings);
const purls = [
  'example.com/fork@v1.0.1',
  'example.com/local',
  'github.com/burntsushi/toml@v1.4.0',
  'stdlib@1.26.8',
].map(one => `pkg:golang/${one}`);

describe('CycloneDX of a platform', () => {
  const sbom = cyclonedxOf(parts, settings);

  test.each([
    ['two programs', inventoryOf(graph, 0)],
    ['a program of another language', inventoryOf(graph, 1, true)],
  ])('is valid by CycloneDX’s own schema: %s', (_, inventory) => {
    expect(schemaErrors(JSON.parse(JSON.stringify(cyclonedxOf(partsOf(inventory, settings), settings))))).toEqual([]);
  });

  test('lists image, programs and every module once', () => {
    const digest = graph.manifests[0]!.descriptor.digest;
    expect(sbom.metadata.component).toMatchObject({
      type: 'container',
      purl: `pkg:oci/hello@${encodeURIComponent(digest)}?arch=amd64`,
      hashes: [{ alg: 'SHA-256', content: digest.slice(7) }],
    });
    expect(sbom.components.map(one => one['bom-ref'])).toEqual([
      ...['server', 'worker'].map(name => `pkg:golang/example.com/acme/hello@v1.2.3#cmd/${name}`),
      ...purls,
    ]);
  });

  test('states a license where the program’s own SBOM has one', () => {
    const stated = sbom.components.flatMap(({ purl, licenses }) => (licenses === undefined ? [] : [[purl, licenses]]));
    expect(stated).toEqual([[toml, [{ license: { id: 'MIT', acknowledgement: 'declared' } }]]]);
    const declared = new Map(
      spdxOf(parts, settings).packages.map(one => [one.externalRefs[0]!.referenceLocator, one.licenseDeclared]),
    );
    expect([declared.get(toml), declared.get('pkg:golang/stdlib@1.26.8')]).toEqual(['MIT', 'NOASSERTION']);
  });

  test('says what is not known', () => {
    const aggregate = (foreign: boolean, onBase: boolean) =>
      cyclonedxOf(partsOf(inventoryOf(graph, 0, foreign), { ...settings, onBase }), settings).compositions[0]!
        .aggregate;
    expect([aggregate(false, false), aggregate(true, false), aggregate(false, true)]).toEqual([
      'complete',
      'incomplete',
      'incomplete',
    ]);
  });

  test('platforms have documents of their own, the same platform always the same', () => {
    const again = cyclonedxOf(partsOf(inventoryOf(graph, 0), settings), settings);
    expect(again).toEqual(sbom);
    const other = cyclonedxOf(partsOf(inventoryOf(graph, 1), settings), settings);
    expect(other.serialNumber).not.toBe(sbom.serialNumber);
  });
});

describe('SPDX of a platform', () => {
  const sbom = spdxOf(parts, settings);

  test('lists the same', () => {
    const names = sbom.packages.map(one => one.externalRefs[0]!.referenceLocator);
    expect(names.slice(3)).toEqual(purls);
    expect(sbom.packages.map(one => one.primaryPackagePurpose).slice(0, 4)).toEqual([
      'CONTAINER',
      'APPLICATION',
      'APPLICATION',
      'LIBRARY',
    ]);
    expect(sbom.packages[1]!.checksums).toEqual([{ algorithm: 'SHA256', checksumValue: 'ab'.repeat(32) }]);
  });

  test('ids are as the specification wants them, unique, and every relationship is between two of them', () => {
    const ids = ['SPDXRef-DOCUMENT', ...sbom.packages.map(one => one.SPDXID)];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    for (const one of sbom.relationships) {
      expect(ids).toContain(one.spdxElementId);
      expect(ids).toContain(one.relatedSpdxElement);
    }
    expect(sbom.relationships.filter(one => one.relationshipType === 'DEPENDS_ON').length).toBe(8);
    expect(sbom.documentNamespace).toMatch(/^https:\/\/spdx\.org\/spdxdocs\/hello-[0-9a-f-]{36}$/);
  });
});
