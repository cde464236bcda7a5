import { SlipwayError } from '../core/errors.ts';
import type { Index } from '../core/oci/descriptor.ts';
import { encode, type ImageGraph } from '../core/oci/graph.ts';

/**
 * One image of several: the given platform manifests in one index, as if one job had built them all, so that its digest
 * is the same. Annotations on which all parts agree stay; `annotations` come over them.
 *
 * @param digests of the platform manifests, in the order of the index
 */
export function joinImages(
  parts: readonly ImageGraph[],
  digests: readonly string[],
  annotations: Readonly<Record<string, string>>,
): ImageGraph {
  const nodes = new Map(parts.flatMap(part => part.manifests).map(node => [node.descriptor.digest, node]));
  const manifests = digests.map(digest => {
    const node = nodes.get(digest);
    if (node !== undefined) return node;
    throw new SlipwayError('RECORD_CONFLICT', `${digest}, which the record names, is in no index of the parts`, {
      hint: 'Give the records as the jobs wrote them, all of one run.',
    });
  });
  const indexes = parts.map(part => JSON.parse(part.bytes.toString('utf8')) as Index);
  const types = [...new Set(parts.map(part => part.descriptor.mediaType))];
  if (types.length > 1) {
    throw new SlipwayError('MEDIA_TYPE_DIFFERS', `the parts are of several kinds: ${types.join(', ')}`, {
      hint: 'Build all parts with the same inputs.',
    });
  }
  const common = Object.entries(indexes[0]!.annotations ?? {}).filter(([name, value]) =>
    indexes.every(index => index.annotations?.[name] === value),
  );
  const hasAny = indexes.some(index => index.annotations !== undefined) || Object.keys(annotations).length > 0;
  const index: Index = {
    schemaVersion: 2,
    mediaType: types[0]!,
    manifests: manifests.map(node => node.descriptor),
    // Docker's lists have none.
    ...(hasAny && { annotations: { ...Object.fromEntries(common), ...annotations } }),
  };
  return { ...encode(index.mediaType, index), manifests };
}
