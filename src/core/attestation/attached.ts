import pMap from 'p-map';
import { SlipwayError } from '../errors.ts';
import type { Descriptor, Manifest } from '../oci/descriptor.ts';
import type { ImageSource } from '../oci/source.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Repository } from '../registry/reference.ts';
import { listReferrers } from '../registry/referrers.ts';
import { registrySource } from '../registry/source.ts';
import { formatSize } from '../units.ts';
import { type Content, peek } from './content.ts';

/** A statement that is attached to an image; nothing of it is verified. */
export interface Attached extends Content {
  /** Whether it is about the image that it is attached to. */
  readonly about: boolean;
  /** The bundle, or the bare statement, as it is stored. */
  readonly bytes: Buffer;
}

export interface AttachedList {
  readonly statements: readonly Attached[];
  /** What was not read, and why: for messages. */
  readonly unread: readonly string[];
}

/** Whoever may push can attach: more than this is not read, and said. Statements with an SBOM have some megabytes. */
export const attachedLimits = { number: 100, each: 32 * 1024 * 1024, all: 128 * 1024 * 1024 } as const;

/**
 * Statements attached to a manifest, in Sigstore bundles or bare, from the registry that has it. What is attached besides is
 * left out.
 */
export async function attachedStatements(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
): Promise<AttachedList> {
  const source = registrySource(client, repository);
  const { descriptors } = await listReferrers(client, repository, digest, signal);
  const possible = descriptors.filter(({ artifactType = '' }) => /sigstore|cosign|in-toto|oci|^$/.test(artifactType));
  const { number, each, all } = attachedLimits;
  const unread: string[] = [];
  let reading = 0;
  const read = async (descriptor: Descriptor): Promise<Attached | undefined> => {
    const layer = await layerOf(source, descriptor, signal);
    if (layer === undefined) return undefined;
    const limit = layer.size > each ? formatSize(each) : `${formatSize(all)} with the others`;
    if (layer.size > each || reading + layer.size > all)
      throw new SlipwayError('ANSWER_TOO_LARGE', `it has ${formatSize(layer.size)}, more than ${limit}`);
    reading += layer.size;
    const bytes = await source.read(layer, signal);
    const content = peek(bytes);
    return content && { ...content, about: content.digests.includes(digest), bytes };
  };
  /** One that is broken or too large must not hide the good ones. */
  const tryToRead = async (descriptor: Descriptor): Promise<Attached | undefined> => {
    try {
      return await read(descriptor);
    } catch (error) {
      if (!(error instanceof SlipwayError && ofOne.includes(error.code))) throw error;
      unread.push(`${descriptor.digest} was not read: ${error.message}`);
      return undefined;
    }
  };
  const found = await pMap(possible.slice(0, number), tryToRead, { concurrency: 4 });
  if (possible.length > number)
    unread.push(`${possible.length - number} of ${possible.length} attachments were not read: more than ${number}`);
  return { statements: found.filter(one => one !== undefined), unread };
}

/** What is wrong with one attachment, not with the registry. */
const ofOne = ['ANSWER_TOO_LARGE', 'DIGEST_MISMATCH', 'MANIFEST_INVALID', 'REGISTRY_NOT_FOUND'];

async function layerOf(source: ImageSource, { digest }: Descriptor, signal: AbortSignal) {
  const { bytes } = await source.manifest(digest, signal);
  const { layers } = JSON.parse(bytes.toString('utf8')) as Partial<Manifest>;
  const [layer] = Array.isArray(layers) ? (layers as Manifest['layers']) : [];
  if (layer === undefined || (typeof layer?.digest === 'string' && Number.isSafeInteger(layer.size))) return layer;
  throw new SlipwayError('MANIFEST_INVALID', 'its layer has no digest or size');
}
