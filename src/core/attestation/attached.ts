import { SlipwayError } from '../errors.ts';
import type { Index, Manifest } from '../oci/descriptor.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Repository } from '../registry/reference.ts';
import { listReferrers } from '../registry/referrers.ts';
import { registrySource } from '../registry/source.ts';
import { type ReadBundle, readBundle } from './bundle.ts';
import type { Statement } from './statement.ts';

/** A signed statement that is attached to an image. */
export interface Attached {
  readonly predicateType: string;
  /** Whether it is about the image that it is attached to. */
  readonly about: boolean;
  readonly bundle: ReadBundle;
  /** The bundle as it is stored. */
  readonly bytes: Buffer;
}

/** Statements in Sigstore bundles attached to a manifest, from the registry that has it. What is attached besides is left out. */
export async function attachedBundles(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
): Promise<Attached[]> {
  const source = registrySource(client, repository);
  const { descriptors } = await listReferrers(client, repository, digest, signal);
  const found = await Promise.all(
    descriptors.map(async (descriptor): Promise<Attached | undefined> => {
      const { bytes: manifest } = await source.manifest(descriptor.digest, signal);
      const [layer] = (JSON.parse(manifest.toString('utf8')) as Partial<Manifest & Index>).layers ?? [];
      if (layer === undefined) return undefined;
      const bytes = await source.read(layer, signal);
      return readAttached(bytes, digest);
    }),
  );
  return found.filter(one => one !== undefined);
}

function readAttached(bytes: Buffer, digest: string): Attached | undefined {
  try {
    const bundle = readBundle(bytes, 'what is attached');
    const { predicateType, subject = [] } = JSON.parse(bundle.payload.toString('utf8')) as Partial<Statement>;
    if (predicateType === undefined) return undefined;
    return { predicateType, about: subject.some(one => `sha256:${one.digest.sha256}` === digest), bundle, bytes };
  } catch (error) {
    if (error instanceof SlipwayError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
