import pMap from 'p-map';
import { SlipwayError } from '../../core/errors.ts';
import type { Manifest } from '../../core/oci/descriptor.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import { readBlob } from '../../core/registry/blobs.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import { getManifest } from '../../core/registry/manifests.ts';
import { formatRepository, type Repository } from '../../core/registry/reference.ts';
import { listReferrers } from '../../core/registry/referrers.ts';
import type { Sealer } from './seal.ts';
import type { Wanted } from './wanted.ts';

/**
 * Reads back what was attached, as a client will find it: it is listed under its subject, its manifest names this
 * subject, its bytes have their digest, hold the statement and are rightly signed.
 *
 * @throws `ATTESTATION_INVALID` with what is wrong
 */
export async function verifyAttached(
  client: RegistryClient,
  repository: Repository,
  attached: ReadonlyMap<Wanted, ManifestNode>,
  sealer: Sealer,
  signal: AbortSignal,
): Promise<void> {
  const subjects = [...new Set([...attached.keys()].map(one => one.subject.digest))];
  const lists = new Map(
    await Promise.all(
      subjects.map(async digest => [digest, await listReferrers(client, repository, digest, signal, 'push')] as const),
    ),
  );
  await pMap(
    attached,
    async ([wanted, { descriptor }]) => {
      const { digest } = wanted.subject;
      const name = `${formatRepository(repository)}@${descriptor.digest} (${wanted.predicate} of ${digest})`;
      if (!lists.get(digest)!.descriptors.some(one => one.digest === descriptor.digest))
        throw invalid(name, 'it is not listed under its subject');
      const { bytes } = await getManifest(client, repository, descriptor.digest, signal, 'push');
      const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
      if (manifest.subject?.digest !== digest) throw invalid(name, `its subject is ${manifest.subject?.digest}`);
      const content = await readBlob(client, repository, manifest.layers[0]!, signal);
      if (!sealer.holds(wanted, content)) throw invalid(name, 'it is another statement, or its signature is wrong');
    },
    { concurrency: client.concurrency, signal },
  );
}

function invalid(name: string, why: string): SlipwayError {
  return new SlipwayError('ATTESTATION_INVALID', `${name} was attached, but ${why}`, {
    hint: 'The registry, or a proxy in front of it, changes what it stores; no tag was written.',
  });
}
