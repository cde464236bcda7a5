import { builderOf } from '../../core/builder.ts';
import type { ImageGraph } from '../../core/oci/graph.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import type { Inventory } from './inventory.ts';

/** Says what the parameters below mean; the action's README describes it. */
export const buildType = 'urn:slipway:image-build:v1';

export interface ProvenanceInputs {
  readonly base: { readonly text?: string; readonly kind: string };
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly user: string;
}

/**
 * The SLSA Provenance v1 predicate of an image (https://slsa.dev/spec/v1.1/provenance): made of which commit, binaries
 * and base, by whom. Values of environment variables, labels and secrets are not in it, and no wall-clock time: the same
 * run makes the same statement.
 */
export function provenanceOf(
  graph: ImageGraph,
  inventories: readonly Inventory[],
  record: ReleaseRecord,
  inputs: ProvenanceInputs,
  env: NodeJS.ProcessEnv,
) {
  const builder = builderOf(env);
  const { entrypoint, cmd, user } = inputs;
  return {
    buildDefinition: {
      buildType,
      externalParameters: {
        ...(builder.source === undefined ? {} : { source: builder.source }),
        inputs: {
          base: inputs.base.kind === 'layout' ? 'oci-layout' : (inputs.base.text ?? inputs.base.kind),
          platforms: inventories.map(one => one.platform),
          ...(entrypoint.length === 0 ? {} : { entrypoint }),
          ...(cmd.length === 0 ? {} : { cmd }),
          user,
        },
      },
      internalParameters: builder.github === undefined ? {} : { github: builder.github },
      resolvedDependencies: [
        ...sourceOf(record, builder.source),
        ...baseOf(graph),
        ...inventories.flatMap(({ platform, programs }) =>
          programs.map(({ binary }) => ({ name: `${binary.package} ${platform}`, digest: { sha256: binary.sha256 } })),
        ),
      ],
    },
    runDetails: {
      builder: { id: builder.id },
      ...(builder.invocation === undefined ? {} : { metadata: { invocationId: builder.invocation } }),
    },
  };
}

function sourceOf({ commit }: ReleaseRecord, uri: string | undefined) {
  if (commit === undefined) return [];
  return [{ name: 'source', ...(uri === undefined ? {} : { uri }), digest: { gitCommit: commit } }];
}

/** As the image's own annotations name it. */
function baseOf(graph: ImageGraph) {
  const { annotations = {} } = JSON.parse(graph.bytes.toString('utf8')) as { annotations?: Record<string, string> };
  const digest = annotations['org.opencontainers.image.base.digest'];
  const name = annotations['org.opencontainers.image.base.name'];
  if (digest === undefined) return [];
  return [{ name: 'base', ...(name === undefined ? {} : { uri: name }), digest: { sha256: digest.slice(7) } }];
}
