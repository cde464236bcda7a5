import { type GoComponent, linkedComponents, programComponent } from '../../core/sbom/go-components.ts';
import type { Inventory, Program } from './inventory.ts';

/** A program of the image and what is linked into it. */
export interface Part {
  readonly program: GoComponent;
  /** Hex, of the program. */
  readonly sha256: string;
  readonly linked: readonly GoComponent[];
}

/** What an SBOM lists, whatever its format. */
export interface Parts {
  /** `pkg:oci/…`: the platform's image. */
  readonly image: GoComponent;
  /** `sha256:…`, of its manifest. */
  readonly digest: string;
  readonly programs: readonly Part[];
  /** Every module once, however many programs link it. */
  readonly modules: readonly GoComponent[];
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
}

export function partsOf({ manifest, programs }: Inventory, { name, version, onBase }: SbomSettings): Parts {
  const { digest } = manifest.descriptor;
  const { architecture } = manifest.descriptor.platform!;
  const purl = `pkg:oci/${encodeURIComponent(name.toLowerCase())}@${encodeURIComponent(digest)}?arch=${architecture}`;
  const parts = programs.map(program => partOf(program, version));
  const modules = new Map(parts.flatMap(part => part.linked).map(module => [module.purl, module]));
  return {
    image: { purl, name, version, sum: '' },
    digest,
    programs: parts,
    modules: [...modules.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
    complete: !onBase && programs.every(one => one.buildinfo !== undefined),
  };
}

function partOf({ binary, buildinfo }: Program, version: string): Part {
  if (buildinfo !== undefined)
    return {
      program: programComponent(buildinfo, version),
      sha256: binary.sha256,
      linked: linkedComponents(buildinfo),
    };
  const purl = `pkg:generic/${encodeURIComponent(binary.name)}@${encodeURIComponent(version)}`;
  return { program: { purl, name: binary.name, version, sum: '' }, sha256: binary.sha256, linked: [] };
}
