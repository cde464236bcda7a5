import { statementOn } from '../../core/attestation/statement.ts';
import type { Descriptor } from '../../core/oci/descriptor.ts';
import type { ImageGraph } from '../../core/oci/graph.ts';
import type { ImagePlatform, ReleaseRecord } from '../../core/record/schema.ts';
import { formatPlatform, parseTarget } from '../../core/target.ts';
import type { Inventory } from './inventory.ts';
import { provenanceOf } from './provenance.ts';
import type { AttestInputs, Wanted } from './wanted.ts';

/** A signature for each manifest, when the inputs ask for one. */
function signaturesOn(subjects: readonly Descriptor[], { sign }: Pick<AttestInputs, 'sign'>): Wanted[] {
  if (sign === 'none') return [];
  return subjects.map(subject => ({
    predicate: 'signature',
    subject,
    payload: statementOn([subject.digest], 'signature', {}),
  }));
}

/** What is attested where an image is only given another place: signatures. How it was made is said already, and stays. */
export function wantedOfPromotion(graph: ImageGraph, inputs: Pick<AttestInputs, 'sign'>): Wanted[] {
  return signaturesOn([graph.descriptor, ...graph.manifests.map(one => one.descriptor)], inputs);
}

/**
 * What is attested of the index of a merge. The platforms have their statements and SBOMs from the jobs that built them;
 * this run only saw their manifests, so what it says of inputs is no more than that.
 */
export function wantedOfMerge(
  graph: ImageGraph,
  platforms: readonly ImagePlatform[],
  record: ReleaseRecord,
  inputs: AttestInputs,
  env: NodeJS.ProcessEnv,
): Wanted[] {
  const subject = graph.descriptor;
  const signatures = signaturesOn([subject], inputs);
  if (!inputs.provenance) return signatures;
  const inventories = inventoriesOf(graph, platforms, record);
  const { buildDefinition, runDetails } = provenanceOf(graph, inventories, record, inputs, env);
  const { externalParameters, resolvedDependencies } = buildDefinition;
  const manifests = graph.manifests.map(({ descriptor: { platform, digest } }) => ({
    name: `manifest ${formatPlatform(platform!)}`,
    digest: { sha256: digest.slice('sha256:'.length) },
  }));
  const predicate = {
    buildDefinition: {
      ...buildDefinition,
      externalParameters: {
        ...externalParameters,
        inputs: { mode: 'merge', platforms: externalParameters.inputs.platforms },
      },
      resolvedDependencies: [...resolvedDependencies, ...manifests],
    },
    runDetails,
  };
  return [
    ...signatures,
    { predicate: 'provenance', subject, payload: statementOn([subject.digest], 'provenance', predicate) },
  ];
}

/** The programs as the record names them; their files are on the machines that built them. */
function inventoriesOf(graph: ImageGraph, platforms: readonly ImagePlatform[], record: ReleaseRecord): Inventory[] {
  return graph.manifests.map(manifest => {
    const platform = formatPlatform(manifest.descriptor.platform!);
    const inside = platforms.find(one => one.platform === platform)?.binaries ?? [];
    const binaries = record.binaries.filter(one => inside.includes(one.sha256));
    return {
      platform,
      manifest,
      programs: binaries.map(one => ({
        binary: { ...one, name: one.package, target: parseTarget(one.target) },
        buildinfo: undefined,
      })),
    };
  });
}
