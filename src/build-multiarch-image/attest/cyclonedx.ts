import type { Component } from '../../core/sbom/components.ts';
import { uuidOf } from '../../core/sbom/purl.ts';
import type { Parts, SbomSettings } from './parts.ts';

/**
 * The CycloneDX 1.6 document of one platform (https://cyclonedx.org/docs/1.6/json/): the image, its programs, what Go
 * linked into them. Licenses are those that the programs' own SBOMs state. The same image makes the same document.
 */
export function cyclonedxOf(parts: Parts, { created }: SbomSettings) {
  const { image, programs, modules, complete } = parts;
  const body = {
    version: 1,
    metadata: {
      timestamp: created,
      lifecycles: [{ phase: 'post-build' }],
      tools: { components: [{ type: 'application', name: 'slipway build-multiarch-image' }] },
      component: image,
    },
    components: [...programs.map(one => one.program), ...modules],
    dependencies: [
      { ref: ref(image), dependsOn: programs.map(one => ref(one.program)) },
      ...programs.map(one => ({ ref: ref(one.program), dependsOn: one.linked.map(ref) })),
      ...modules.map(one => ({ ref: ref(one) })),
    ],
    // What a base brings is not known here; which module brought which other one in is in no program.
    compositions: [
      { aggregate: complete ? 'complete' : 'incomplete', dependencies: [ref(image)] },
      { aggregate: 'unknown', dependencies: modules.map(ref) },
    ],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    ...body,
  };
}

const ref = (component: Component) => component['bom-ref']!;
