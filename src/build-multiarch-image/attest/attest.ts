import pMap from 'p-map';
import { predicateTypes } from '../../core/attestation/statement.ts';
import { log } from '../../core/log.ts';
import { artifactNode } from '../../core/oci/artifact.ts';
import { digestOf } from '../../core/oci/digest.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import { attachedIn } from '../../core/oci/layout.ts';
import type { Attestation } from '../../core/record/schema.ts';
import { attach } from '../../core/registry/attach.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import { formatRepository, type Repository } from '../../core/registry/reference.ts';
import { again, look } from './look.ts';
import type { Sealed, Sealer, SignerIdentity } from './seal.ts';
import { verifyAttached } from './verify.ts';
import type { Wanted } from './wanted.ts';

export interface Attestations {
  readonly wanted: readonly Wanted[];
  readonly sealer: Sealer;
  /** Folders of OCI layouts that will hold them, too. */
  readonly layouts?: readonly string[];
}

export interface Attested {
  /** As it stands in the record. */
  readonly evidence: readonly Attestation[];
  /** What is attached. */
  readonly nodes: readonly ManifestNode[];
}

/**
 * Begins to look what each repository has already, while the image is pushed; `finish` attaches the rest, once in every
 * repository the same bytes, and reads all of it back. What a layout has is not signed anew either.
 */
export function beginAttesting(
  client: RegistryClient,
  { wanted, sealer, layouts = [] }: Attestations,
  repositories: readonly Repository[],
  signal: AbortSignal,
): { finish: () => Promise<Attested> } {
  const looking = Promise.all(
    wanted.length === 0 ? [] : repositories.map(repository => look(client, repository, wanted, sealer, signal)),
  );
  looking.catch(() => undefined); // told by `finish`; the push may fail before
  return {
    finish: async () => {
      if (wanted.length === 0 || repositories.length + layouts.length === 0) return { evidence: [], nodes: [] };
      const looked = await looking;
      const inLayouts = (await Promise.all(layouts.map(attachedIn))).flat();
      const there = (one: Wanted) =>
        looked.map(({ has }) => has.get(one)).find(node => node !== undefined) ?? again(one, inLayouts, sealer);
      const placed = await sealAll(wanted, sealer, there, signal);
      await pMap(
        looked,
        async ({ repository, lists, has }) => {
          const missing = wanted.filter(one => !has.has(one));
          const name = formatRepository(repository);
          log.info(`${name}: ${missing.length} attestations are new, ${has.size} were there`);
          if (missing.length === 0) return;
          const attachments = [...lists].map(([subject, { api }]) => ({
            subject,
            api,
            nodes: missing.filter(one => one.subject.digest === subject).map(one => placed.get(one)!.node),
          }));
          await attach(client, repository, attachments, signal);
          const made = new Map(missing.map(one => [one, placed.get(one)!.node]));
          await verifyAttached(client, repository, made, sealer, signal);
        },
        { concurrency: 2, signal },
      );
      return {
        evidence: wanted.map(one => evidenceOf(one, placed.get(one)!, sealer)),
        nodes: [...placed.values()].map(({ node }) => node),
      };
    },
  };
}

/** An attestation as a manifest, and whom its certificate names, where it has one. */
interface Placed {
  readonly node: ManifestNode;
  readonly identity?: SignerIdentity | undefined;
}

/** What is `there` already serves all places; the rest is signed, each statement once. */
async function sealAll(
  wanted: readonly Wanted[],
  sealer: Sealer,
  there: (wanted: Wanted) => ManifestNode | undefined,
  signal: AbortSignal,
): Promise<Map<Wanted, Placed>> {
  const known = new Map<string, Promise<Sealed>>();
  const keyOf = ({ predicate, payload }: Wanted) => `${predicate} ${digestOf(payload)}`;
  const nodes = await pMap(
    wanted,
    async one => {
      const found = there(one);
      if (found !== undefined) return [one, { node: found }] as const;
      const sealed = known.get(keyOf(one)) ?? sealer.seal(one, signal);
      known.set(keyOf(one), sealed);
      const { identity, ...artifact } = await sealed;
      return [one, { node: artifactNode({ ...artifact, subject: one.subject }), identity }] as const;
    },
    { concurrency: 4, signal },
  );
  return new Map(nodes);
}

function evidenceOf({ predicate, subject }: Wanted, { node, identity }: Placed, sealer: Sealer): Attestation {
  return {
    digest: node.descriptor.digest,
    type: predicateTypes[predicate],
    subject: subject.digest,
    artifactType: sealer.type,
    ...(sealer.signedBy === undefined ? {} : { signedBy: sealer.signedBy }),
    ...(identity === undefined ? {} : { identity: { ...identity } }),
  };
}
