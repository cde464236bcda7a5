import { createHash } from 'node:crypto';
import type { Component } from '../../core/sbom/components.ts';
import { uuidOf } from '../../core/sbom/purl.ts';
import type { Parts, SbomSettings } from './parts.ts';

/** The same as the CycloneDX document in SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/), for those who read that. */
export function spdxOf(parts: Parts, { name, created }: SbomSettings) {
  const { image, programs, modules } = parts;
  const packages = [
    packageOf('CONTAINER', image),
    ...programs.map(one => packageOf('APPLICATION', one.program)),
    ...modules.map(one => packageOf('LIBRARY', one)),
  ];
  const relationships = [
    relation('SPDXRef-DOCUMENT', 'DESCRIBES', idOf(image)),
    ...programs.map(one => relation(idOf(image), 'CONTAINS', idOf(one.program))),
    ...programs.flatMap(one => one.linked.map(module => relation(idOf(one.program), 'DEPENDS_ON', idOf(module)))),
  ];
  const uuid = uuidOf(JSON.stringify({ created, packages, relationships }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: image.purl!,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(name)}-${uuid}`,
    creationInfo: { created, creators: ['Tool: slipway build-multiarch-image'] },
    packages,
    relationships,
  };
}

/** An id may only hold letters, digits, `.` and `-`: a name would not always fit. */
const idOf = (component: Component) =>
  `SPDXRef-${createHash('sha256').update(component['bom-ref']!).digest('hex').slice(0, 16)}`;

const relation = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
});

function packageOf(purpose: string, component: Component) {
  const unknown = 'NOASSERTION';
  return {
    SPDXID: idOf(component),
    name: component.name,
    ...(component.version === undefined ? {} : { versionInfo: component.version }),
    primaryPackagePurpose: purpose,
    downloadLocation: unknown,
    filesAnalyzed: false,
    ...(component.hashes === undefined
      ? {}
      : { checksums: component.hashes.map(({ content }) => ({ algorithm: 'SHA256', checksumValue: content })) }),
    licenseConcluded: unknown,
    licenseDeclared: component.licenses?.[0]?.license.id ?? unknown,
    copyrightText: unknown,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: component.purl }],
  };
}
