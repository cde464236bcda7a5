import { type Component, linkedComponents, mainComponent, type ProgramFacts } from '../../core/sbom/components.ts';
import { type Licenses, licensed } from '../../core/sbom/licenses.ts';
import { uuidOf } from '../../core/sbom/purl.ts';

/** What is listed of one program. */
export interface SbomSubject extends ProgramFacts {
  /** ISO 8601; the document's time. Absent outside a repository. */
  readonly commitTime: string | undefined;
}

export interface Sbom {
  readonly $schema: string;
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly timestamp?: string;
    readonly lifecycles: readonly { phase: 'build' }[];
    readonly tools: { components: readonly Component[] };
    readonly component: Component;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { ref: string; dependsOn?: readonly string[] }[];
  readonly compositions: readonly { aggregate: 'complete' | 'unknown'; dependencies: readonly string[] }[];
}

/**
 * The CycloneDX document of one program, from what Go wrote into the program: the modules that are really linked, the
 * standard library among them. Licenses are not in there: they are those of the files that lie in each module. The same
 * program makes the same document: its time is the commit's, its serial number comes from its content.
 */
export function sbomOf(subject: SbomSubject, licenses: Licenses = new Map()): Sbom {
  const { buildinfo, commitTime } = subject;
  const main = mainComponent(subject);
  const components = linkedComponents(buildinfo).map(one => licensed(one, licenses));
  const refs = components.map(one => one['bom-ref']!);
  const body = {
    version: 1 as const,
    metadata: {
      ...(commitTime === undefined ? {} : { timestamp: commitTime }),
      lifecycles: [{ phase: 'build' as const }],
      tools: { components: [{ type: 'application' as const, name: 'slipway setup-go-cross' }] },
      component: main,
    },
    components,
    dependencies: [{ ref: main['bom-ref']!, dependsOn: refs }, ...refs.map(ref => ({ ref }))],
    // All that the program holds is known; which module brought which other one in is not.
    compositions: [
      { aggregate: 'complete' as const, dependencies: [main['bom-ref']!] },
      { aggregate: 'unknown' as const, dependencies: refs },
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
