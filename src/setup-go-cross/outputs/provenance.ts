import type { Module } from '../../core/binary/index.ts';
import type { Builder } from '../../core/builder.ts';
import type { Toolchain } from '../../core/record/schema.ts';
import { purlOf } from '../../core/sbom/purl.ts';

/** Says what the parameters below mean; the action's README describes it. */
export const buildType = 'urn:slipway:go-build:v1';

/** A file by its name beside the record, and what it has. */
export interface Digested {
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
}

/** Everything that a statement says, found out before. */
export interface Evidence {
  /** The programs and archives. */
  readonly subjects: readonly Digested[];
  /** Inputs of the action that the result depends on. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The call of the go command, a program each. */
  readonly commands: readonly { subject: string; env: Readonly<Record<string, string>>; argv: readonly string[] }[];
  /** GOFLAGS and its like, where they are set. */
  readonly environment: Readonly<Record<string, string>>;
  /** Full sha. */
  readonly commit: string | undefined;
  /** Whether the working tree had changes: then the commit alone is not the source. */
  readonly modified: boolean;
  readonly toolchain: Toolchain;
  readonly modules: readonly Module[];
  /** Embedded files that are not in the commit. */
  readonly untracked: readonly Digested[];
  readonly builder: Builder;
}

/** https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md */
interface Resource {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
}

/**
 * An in-toto Statement v1 with a SLSA Provenance v1 predicate (https://slsa.dev/spec/v1.1/provenance), not signed. It
 * holds no wall-clock time: the same build makes the same statement, a run of a workflow is named by its invocation.
 */
export function provenanceOf(evidence: Evidence) {
  const { subjects, inputs, commands, environment, builder } = evidence;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { inputs, ...(builder.source === undefined ? {} : { source: builder.source }) },
        internalParameters: {
          commands,
          environment,
          ...(builder.github === undefined ? {} : { github: builder.github }),
        },
        resolvedDependencies: [
          ...sourceOf(evidence),
          toolchainOf(evidence.toolchain),
          ...evidence.modules.map(moduleOf),
          ...evidence.untracked.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
        ] satisfies Resource[],
      },
      runDetails: {
        builder: { id: builder.id },
        ...(builder.invocation === undefined ? {} : { metadata: { invocationId: builder.invocation } }),
      },
    },
  };
}

export type Statement = ReturnType<typeof provenanceOf>;

function sourceOf({ commit, modified, builder }: Evidence): Resource[] {
  if (commit === undefined) return [];
  const name = modified ? 'source, with changes that are not in the commit' : 'source';
  return [{ name, ...(builder.source === undefined ? {} : { uri: builder.source }), digest: { gitCommit: commit } }];
}

function toolchainOf({ version, hash }: Toolchain): Resource {
  return { name: 'go', uri: `pkg:generic/go@${version.replace(/^go/, '')}`, digest: digestOf(hash) };
}

function moduleOf(module: Module): Resource {
  const { path, version, sum } = module.replace ?? module;
  const uri = module.replace?.version === '' ? purlOf(module.path) : purlOf(path, version);
  return { uri, ...(sum === '' ? {} : { digest: digestOf(sum) }) };
}

/** `h1:` in base64 is in-toto's `dirHash` in hex (spec/v1/digest_set.md). */
function digestOf(hash: string): Record<string, string> {
  if (!hash.startsWith('h1:')) return { sha256: hash };
  return { dirHash: Buffer.from(hash.slice(3), 'base64').toString('hex') };
}
