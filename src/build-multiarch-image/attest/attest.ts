import pMap from 'p-map';
import { predicateTypes } from '../../core/attestation/statement.ts';
import { log } from '../../core/log.ts';
import { artifactNode } from '../../core/oci/artifact.ts';
import { digestOf } from '../../core/oci/digest.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import type { Attestation } from '../../core/record/schema.ts';
import { attach } from '../../core/registry/attach.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import { formatRepository, type Repository } from '../../core/registry/reference.ts';
import { type Found, look } from './look.ts';
import type { Sealed, Sealer } from './seal.ts';
import { verifyAttached } from './verify.ts';
import type { Wanted } from './wanted.ts';

export interface Attestations {
  readonly wanted: readonly Wanted[];
  readonly sealer: Sealer;
}

/**
 * Begins to look what each repository has already, while the image is pushed; `finish` attaches the rest, once in every
 * repository the same bytes, and reads all of it back.
 */
export function beginAttesting(
  client: RegistryClient,
  { wanted, sealer }: Attestations,
  repositories: readonly Repository[],
  signal: AbortSignal,
): { finish: () => Promise<Attestation[]> } {
  const looking = Promise.all(
    wanted.length === 0 ? [] : repositories.map(repository => look(client, repository, wanted, sealer, signal)),
  );
  looking.catch(() => undefined); // told by `finish`; the push may fail before
  return {
    finish: async () => {
      const looked = await looking;
      if (looked.length === 0) return [];
      const nodes = await sealAll(wanted, sealer, looked, signal);
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
            nodes: missing.filter(one => one.subject.digest === subject).map(one => nodes.get(one)!),
          }));
          await attach(client, repository, attachments, signal);
          await verifyAttached(client, repository, new Map(missing.map(one => [one, nodes.get(one)!])), sealer, signal);
        },
        { concurrency: 2, signal },
      );
      return wanted.map(one => evidenceOf(one, nodes.get(one)!, sealer));
    },
  };
}

/** What some repository has serves the others; the rest is signed, each statement once. */
async function sealAll(
  wanted: readonly Wanted[],
  sealer: Sealer,
  looked: readonly Found[],
  signal: AbortSignal,
): Promise<Map<Wanted, ManifestNode>> {
  const known = new Map<string, Promise<Sealed>>();
  const keyOf = ({ predicate, payload }: Wanted) => `${predicate} ${digestOf(payload)}`;
  const nodes = await pMap(
    wanted,
    async one => {
      const there = looked.map(({ has }) => has.get(one)).find(node => node !== undefined);
      if (there !== undefined) return [one, there] as const;
      const sealed = known.get(keyOf(one)) ?? sealer.seal(one, signal);
      known.set(keyOf(one), sealed);
      return [one, artifactNode({ ...(await sealed), subject: one.subject })] as const;
    },
    { concurrency: 4, signal },
  );
  return new Map(nodes);
}

function evidenceOf({ predicate, subject }: Wanted, { descriptor }: ManifestNode, sealer: Sealer): Attestation {
  return {
    digest: descriptor.digest,
    type: predicateTypes[predicate],
    subject: subject.digest,
    artifactType: sealer.type,
    ...(sealer.signedBy === undefined ? {} : { signedBy: sealer.signedBy }),
  };
}
