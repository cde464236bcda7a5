import { type Component, linkedComponents, mainComponent } from '../../core/sbom/components.ts';
import { type Licenses, licensed } from '../../core/sbom/licenses.ts';
import type { Inventory, Program } from './inventory.ts';

/** A program of the image and what is linked into it. */
export interface Part {
  readonly program: Component;
  readonly linked: readonly Component[];
}

/** What an SBOM lists, whatever its format. */
export interface Parts {
  /** `pkg:oci/…`: the platform's image; its hash is that of its manifest. */
  readonly image: Component;
  readonly programs: readonly Part[];
  /** Every module once, however many programs link it. */
  readonly modules: readonly Component[];
  /** Whether all that is in the image is known: not on a base, nor with a program of another language. */
  readonly complete: boolean;
}

/** What the document is about and when it says it was made. */
export interface SbomSettings {
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly created: string;
  readonly onBase: boolean;
  readonly licenses: Licenses;
}

export function partsOf({ manifest, programs }: Inventory, { name, version, onBase, licenses }: SbomSettings): Parts {
  const { digest } = manifest.descriptor;
  const { architecture } = manifest.descriptor.platform!;
  const purl = `pkg:oci/${encodeURIComponent(name.toLowerCase())}@${encodeURIComponent(digest)}?arch=${architecture}`;
  const parts = programs.map(program => partOf(program, version, licenses));
  const modules = new Map(parts.flatMap(part => part.linked).map(module => [module['bom-ref']!, module]));
  return {
    image: { ...component('container', purl, name, version), hashes: [sha256(digest.slice('sha256:'.length))] },
    programs: parts,
    modules: [...modules.values()].sort((a, b) => (a['bom-ref']! < b['bom-ref']! ? -1 : 1)),
    complete: !onBase && programs.every(one => one.buildinfo !== undefined),
  };
}

function partOf({ binary, buildinfo }: Program, version: string, licenses: Licenses): Part {
  if (buildinfo !== undefined)
    return {
      program: mainComponent({ buildinfo, sha256: binary.sha256, version }),
      linked: linkedComponents(buildinfo).map(one => licensed(one, licenses)),
    };
  const purl = `pkg:generic/${encodeURIComponent(binary.name)}@${encodeURIComponent(version)}`;
  const program = component('application', purl, binary.name, version);
  return { program: { ...program, hashes: [sha256(binary.sha256)] }, linked: [] };
}

const component = (type: Component['type'], purl: string, name: string, version: string): Component => ({
  type,
  'bom-ref': purl,
  name,
  version,
  purl,
});

const sha256 = (content: string) => ({ alg: 'SHA-256' as const, content });
