import type { GoComponent } from '../../core/sbom/go-components.ts';
import { uuidOf } from '../../core/sbom/purl.ts';
import type { Parts, SbomSettings } from './parts.ts';

/**
 * The CycloneDX 1.6 document of one platform (https://cyclonedx.org/docs/1.6/json/): the image, its programs, what Go
 * linked into them. Licences are not in a program and are left out. The same image makes the same document.
 */
export function cyclonedxOf(parts: Parts, { created }: SbomSettings) {
  const { image, digest, programs, modules, complete } = parts;
  const body = {
    version: 1,
    metadata: {
      timestamp: created,
      lifecycles: [{ phase: 'post-build' }],
      tools: { components: [{ type: 'application', name: 'slipway build-multiarch-image' }] },
      component: { ...component('container', image), hashes: [sha256(digest.slice('sha256:'.length))] },
    },
    components: [
      ...programs.map(one => ({ ...component('application', one.program), hashes: [sha256(one.sha256)] })),
      ...modules.map(one => component('library', one)),
    ],
    dependencies: [
      { ref: image.purl, dependsOn: programs.map(one => one.program.purl) },
      ...programs.map(one => ({ ref: one.program.purl, dependsOn: one.linked.map(module => module.purl) })),
      ...modules.map(one => ({ ref: one.purl })),
    ],
    // What a base brings is not known here; which module brought which other one in is in no program.
    compositions: [
      { aggregate: complete ? 'complete' : 'incomplete', dependencies: [image.purl] },
      { aggregate: 'unknown', dependencies: modules.map(one => one.purl) },
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

const sha256 = (content: string) => ({ alg: 'SHA-256', content });

function component(type: string, { purl, name, version, sum, replaces }: GoComponent) {
  const properties = [
    ...(sum === '' ? [] : [{ name: 'slipway:go:sum', value: sum }]),
    ...(replaces === undefined ? [] : [{ name: 'slipway:go:replaced-by', value: replaces.by }]),
  ];
  return {
    type,
    'bom-ref': purl,
    name,
    ...(version === '' ? {} : { version }),
    purl,
    ...(replaces === undefined
      ? {}
      : { pedigree: { ancestors: [{ type: 'library', name: nameIn(replaces.purl), purl: replaces.purl }] } }),
    ...(properties.length === 0 ? {} : { properties }),
  };
}

const nameIn = (purl: string) => decodeURIComponent(purl.replace(/^pkg:golang\//, '').replace(/@.*$/, ''));
